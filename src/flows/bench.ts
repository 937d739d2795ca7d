import type { Clock } from '../domain/clock';
import { DEVICE_ROOT, quote, type Command, type Device } from '../domain/device';
import type { OutputParser } from '../domain/pipeline';
import type { PreparedOutput } from '../domain/prepare';
import { fail, ok, type Result } from '../domain/result';
import type { ParsedEvent } from '../domain/run';
import type { ExecOptions, Workbench } from '../domain/workbench';
import { CANCEL_MS, Program } from './program';
import { write, type Sent } from './sent';
import { script } from './script';

/** The most of a result file that a parser is given. */
const MAX_RESULT_BYTES = 4 << 20;

/** A workbench on a phone: one folder for the run, one for the conversation, both under our own. */
export class PhoneBench implements Workbench, AsyncDisposable {
  readonly dir: string;
  readonly stateDir: string;
  /** What was run, in order, for the report. */
  readonly commands: Command[] = [];
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #sent: Sent;
  readonly #signal: AbortSignal;

  private constructor(phone: Phone, names: { run: string; state: string }, signal: AbortSignal) {
    this.#device = phone.device;
    this.#clock = phone.clock;
    this.#sent = phone.sent;
    this.#signal = signal;
    this.dir = `${DEVICE_ROOT}/runs/${names.run}`;
    this.stateDir = `${DEVICE_ROOT}/runs/${names.state}`;
  }

  /** Makes the run's folder, empty. */
  static async open(
    phone: Phone,
    names: { readonly run: string; readonly state: string },
    signal: AbortSignal,
  ): Promise<Result<PhoneBench>> {
    const bench = new PhoneBench(phone, names, signal);
    const made = await script(
      phone.device,
      `rm -rf ${bench.dir} && mkdir -p ${bench.dir} ${bench.stateDir}`,
      signal,
    );
    return made.ok ? ok(bench) : made;
  }

  async put(name: string, data: Uint8Array | string): Promise<Result<string>> {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const path = this.#path(name);
    const written = await write(this.#device, path, bytes, this.#signal);
    return written.ok ? ok(path) : written;
  }

  send(output: PreparedOutput): Promise<Result<string>> {
    return this.#sent.send(output, this.#signal);
  }

  async *exec(
    command: Command,
    parser: OutputParser,
    { files = [], interrupt = false }: ExecOptions = {},
  ): AsyncGenerator<ParsedEvent, Result<number>, void> {
    this.commands.push(command);
    const phone = { device: this.#device, clock: this.#clock };
    const results = () => this.#results(files);
    const started = await Program.start(phone, command, parser, this.#signal, results);
    if (!started.ok) return started;
    await using program = started.value;
    let stopping: AbortSignal | undefined;
    let answered = false;
    for (;;) {
      const said = await program.next(stopping ?? this.#signal);
      if (!said.ok) {
        if (!this.#signal.aborted || !interrupt || stopping) return said;
        await program.process.interrupt();
        stopping = AbortSignal.timeout(CANCEL_MS);
        continue;
      }
      const event = said.value;
      if (event.kind === 'failed') return fail(event.failure.code, event.failure.detail);
      if (event.kind === 'exited')
        return this.#signal.aborted && !answered ? fail('cancelled') : event.exit;
      answered ||= event.kind === 'end';
      yield event.kind === 'end' && stopping ? { kind: 'end', finish: 'cancelled' } : event;
    }
  }

  async size(path: string): Promise<Result<number | undefined>> {
    const at = quote(this.#path(path));
    const told = await script(
      this.#device,
      `if [ -f ${at} ]; then stat -L -c %s ${at}; fi`,
      this.#signal,
    );
    if (!told.ok) return told;
    return ok(told.value.trim() ? Number(told.value) : undefined);
  }

  get(path: string, maxBytes: number): Promise<Result<Uint8Array>> {
    return this.#device.pull(this.#path(path), maxBytes, this.#signal);
  }

  async head(path: string, bytes: number): Promise<Result<Uint8Array>> {
    const part = `${this.dir}/.head`;
    const cut = `head -c ${bytes} ${quote(this.#path(path))} > ${part}`;
    const written = await script(this.#device, cut, this.#signal);
    return written.ok ? this.get(part, bytes) : written;
  }

  async remove(path: string): Promise<Result<void>> {
    const gone = await script(this.#device, `rm -f ${quote(this.#path(path))}`, this.#signal);
    return gone.ok ? ok() : gone;
  }

  async contains(path: string, text: string): Promise<Result<boolean>> {
    const at = quote(this.#path(path));
    const told = await script(
      this.#device,
      `[ -r ${at} ] && if grep -q -F -e ${quote(text)} ${at}; then echo yes; fi`,
      this.#signal,
    );
    return told.ok ? ok(told.value.trim() === 'yes') : told;
  }

  async folder(path: string): Promise<Result<string>> {
    const at = this.#path(path);
    const made = await script(this.#device, `mkdir -p ${quote(at)}`, this.#signal);
    return made.ok ? ok(at) : made;
  }

  /** Deletes the run's folder, also after an abort. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#device.shell(`rm -rf ${this.dir}`, AbortSignal.timeout(5000));
  }

  /** Text of those files that the program wrote. Too large or unreadable ones are as good as missing. */
  async #results(files: readonly string[]): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of files) {
      const bytes = await this.get(name, MAX_RESULT_BYTES);
      if (bytes.ok) found[name] = new TextDecoder().decode(bytes.value);
    }
    return found;
  }

  #path(path: string): string {
    return path.startsWith('/') ? path : `${this.dir}/${path}`;
  }
}

/** What a bench needs: the phone, and what was sent to it before. */
export interface Phone {
  readonly device: Device;
  readonly clock: Clock;
  readonly sent: Sent;
}
