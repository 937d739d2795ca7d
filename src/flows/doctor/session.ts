import type { Rung } from '../../domain/doctor';
import type { Failure } from '../../domain/failure';
import type { OutputParser, RunSetup } from '../../domain/pipeline';
import { libraryFolders } from '../../pipelines/setup';
import { createDiagnosis } from '../../pipelines/diagnosis';
import type { Probe } from '../../pipelines/probes';
import type { Result } from '../../domain/result';
import { Lines } from '../../pipelines/lines';
import { Program } from '../program';
import { write } from '../sent';
import type { Patient } from '.';

/** Loading a model of gigabytes takes a while; a session that hangs takes for ever. */
const PROBE_MS = 120_000;
const MAX_LINE_CHARS = 2000;

/** What came of one environment. `said`: the line that shows it (untrusted). */
export interface Tried {
  readonly opened: boolean;
  readonly said: string;
  /** What the program's output means, where it did not open. */
  readonly failure?: Failure;
}

/** Runs the probe under one environment and looks for the line that proves an open session. */
export async function tryRung(
  { device, clock, pipeline, setup }: Patient,
  probed: (setup: RunSetup, dir: string) => Result<Probe>,
  rung: Rung,
  dir: string,
  signal: AbortSignal,
): Promise<Tried> {
  const probe = probed({ ...setup, env: rung.env(libraryFolders(setup.runner)) }, dir);
  if (!probe.ok) return { opened: false, said: probe.failure.detail ?? probe.failure.code };
  const { files = {}, command, opened } = probe.value;
  for (const [name, content] of Object.entries(files)) {
    const data = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const written = await write(device, `${dir}/${name}`, data, signal);
    if (!written.ok) return { opened: false, said: written.failure.detail ?? '' };
  }
  const reader = new ProbeReader(pipeline, opened);
  const started = await Program.start({ device, clock }, command, reader, signal);
  if (!started.ok) return { opened: false, said: started.failure.detail ?? started.failure.code };
  await using program = started.value;
  const until = clock.now() + PROBE_MS;
  while (reader.proof === undefined) {
    const said = await program.next(signal, until - clock.now());
    if (!said.ok) return { opened: false, said: said.failure.detail ?? said.failure.code };
    if (said.value.kind === 'exited') break;
  }
  return reader.proof === undefined
    ? { opened: false, said: reader.complaint, ...(reader.failure && { failure: reader.failure }) }
    : { opened: true, said: reader.proof };
}

/** Reads a probe's output; says one thing for each line, so that the doctor looks again. */
class ProbeReader implements OutputParser {
  proof: string | undefined;
  complaint = 'it ended and said nothing';
  failure: Failure | undefined;
  readonly #opened: RegExp | undefined;
  readonly #diagnosis;
  readonly #lines = { stdout: new Lines(MAX_LINE_CHARS), stderr: new Lines(MAX_LINE_CHARS) };

  constructor(pipeline: string, opened: RegExp | undefined) {
    this.#opened = opened;
    this.#diagnosis = createDiagnosis(pipeline);
  }

  push(text: string, from: 'stdout' | 'stderr') {
    return this.#see(this.#lines[from].push(text));
  }

  end(exitCode: number) {
    const events = this.#see([...this.#lines.stdout.end(), ...this.#lines.stderr.end()]);
    const failure = this.#diagnosis.failure(exitCode, false);
    this.failure = failure;
    if (failure) this.complaint = failure.detail ?? failure.code;
    if (!this.#opened && exitCode === 0) this.proof = 'exit code 0';
    return events;
  }

  #see(lines: readonly string[]) {
    for (const line of lines) {
      this.#diagnosis.see(line);
      if (this.#opened?.test(line)) this.proof ??= line.trim().slice(0, 300);
    }
    return lines.map((line) => ({ kind: 'log', line }) as const);
  }
}
