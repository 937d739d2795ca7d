import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  DEVICE_ROOT,
  type Command,
  type Device,
  type Feeding,
  type PushFile,
  type ShellOutput,
} from '../../src/domain/device';
import type { Failure } from '../../src/domain/failure';
import { fail, ok, type Result } from '../../src/domain/result';
import { FakeProcess } from './process';

/** Stops the pushes and feeds of one test in the middle. */
export interface PushTrouble {
  /** After this many bytes over all of them. */
  readonly afterBytes: number;
  /** What goes wrong; `unplugged` leaves the part behind and nothing works from then on. */
  readonly failure?: Failure;
  /** Called instead of failing. */
  readonly then?: () => void;
}

/**
 * A phone whose shell is this computer's `sh` and whose `DEVICE_ROOT` is a temporary folder, so that
 * quoting, stat, mv and ln are real. Unlike the real adapter it leaves the part of a failed push behind:
 * the flows must not rely on that courtesy. Tools are this computer's, not toybox.
 */
export class FakeDevice implements Device {
  readonly name = 'Fake phone';
  readonly serial = 'SERIAL0123456789';
  readonly simulated = false;
  readonly transport = 'usb';
  readonly features = ['shell_v2'];
  readonly gone: Promise<Failure>;
  /** Stands for DEVICE_ROOT. */
  readonly root: string;
  /** Every push that was begun, by path on the phone. */
  readonly pushes: string[] = [];
  readonly scripts: string[] = [];
  readonly processes: FakeProcess[] = [];
  /** Sets a new program up. */
  onSpawn: (process: FakeProcess) => void = () => undefined;
  pushTrouble: PushTrouble | undefined;
  spawnFailure: Failure | undefined;
  #home: string;
  #tools: string;
  /** Bytes that were sent in all. */
  pushedBytes = 0;
  #lost: Failure | undefined;
  #tellGone: (failure: Failure) => void = () => undefined;

  constructor() {
    this.#home = mkdtempSync(join(tmpdir(), 'plugsight-fake-'));
    this.root = join(this.#home, 'root');
    this.#tools = join(this.#home, 'tools');
    mkdirSync(this.#tools);
    this.gone = new Promise((resolve) => (this.#tellGone = resolve));
    this.tool(
      'df',
      `echo 'Filesystem 1K-blocks Used Available Use% Mounted on'; echo '/dev/x 9 9 999999 1% /'`,
    );
  }

  /** Replaces a tool of the phone by a script. */
  tool(name: string, script: string): void {
    const path = join(this.#tools, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /** The cable goes. */
  unplug(): void {
    this.#lost = { code: 'unplugged' };
    for (const process of this.processes) process.end({ ok: false, failure: this.#lost });
    this.#tellGone(this.#lost);
  }

  /** The cable comes back; what was on the phone is still there. */
  replug(): void {
    this.#lost = undefined;
    this.pushTrouble = undefined;
  }

  here(path: string): string {
    return path.replaceAll(DEVICE_ROOT, this.root);
  }

  async shell(script: string, signal: AbortSignal): Promise<Result<ShellOutput>> {
    const refused = this.#refused(signal);
    if (refused) return refused;
    this.scripts.push(script);
    const output = await this.#start(script).end();
    return this.#refused(signal) ?? ok(output);
  }

  async spawn(command: Command, signal: AbortSignal): Promise<Result<FakeProcess>> {
    const refused = this.#refused(signal);
    if (refused) return refused;
    if (this.spawnFailure) return { ok: false, failure: this.spawnFailure };
    const process = new FakeProcess(1000 + this.processes.length, command);
    this.processes.push(process);
    this.onSpawn(process);
    return ok(process);
  }

  async *push(file: PushFile, signal: AbortSignal): AsyncGenerator<number, Result<void>, void> {
    this.pushes.push(file.path);
    const path = this.here(file.path);
    const reader = file.source.getReader();
    let bytes = 0;
    try {
      if (this.#lost) return { ok: false, failure: this.#lost };
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
      for (;;) {
        const refused = this.#refused(signal);
        if (refused) return refused;
        const { done, value } = await reader.read();
        if (done) break;
        await appendFile(path, value);
        yield (bytes += value.byteLength);
        const failure = this.#strike(value.byteLength);
        if (failure) return { ok: false, failure };
      }
      await chmod(path, file.mode);
      return ok();
    } finally {
      await reader.cancel();
    }
  }

  async *feed(
    { script, source }: Feeding,
    signal: AbortSignal,
  ): AsyncGenerator<number, Result<ShellOutput>, void> {
    this.scripts.push(script);
    const reader = source.getReader();
    const refused = this.#refused(signal);
    const child = refused ? undefined : this.#start(script);
    let bytes = 0;
    try {
      if (!child) return refused ?? fail('unplugged');
      for (;;) {
        const { done, value } = await reader.read();
        if (done || child.over()) break;
        // Cut at the very byte.
        const taken = value.subarray(0, this.#toTrouble());
        await child.write(taken);
        yield (bytes += taken.byteLength);
        const failure = this.#strike(taken.byteLength) ?? this.#refused(signal)?.failure;
        if (failure) return { ok: false, failure };
      }
      const output = await child.end();
      return this.#refused(signal) ?? ok(output);
    } finally {
      await reader.cancel();
      // As after an unplug: what its programs had got is written, then they meet the end of stdin.
      await child?.end();
    }
  }

  async pull(path: string, maxBytes: number, signal: AbortSignal): Promise<Result<Uint8Array>> {
    const refused = this.#refused(signal);
    if (refused) return refused;
    const bytes = await readFile(this.here(path)).catch(() => undefined);
    return bytes && bytes.byteLength <= maxBytes ? ok(bytes) : fail('device-file-missing', path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.processes) await process[Symbol.asyncDispose]();
    rmSync(this.#home, { recursive: true, force: true });
  }

  #start(script: string) {
    const env = { PATH: `${this.#tools}:/usr/bin:/bin`, LC_ALL: 'C' };
    const child = spawn('sh', ['-c', this.here(script)], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined); // it ended without reading all
    const closed = new Promise<ShellOutput>((resolve) =>
      child.on('close', (code) => resolve({ stdout, stderr, exitCode: code ?? 255 })),
    );
    return {
      over: () => child.exitCode !== null,
      write: async (bytes: Uint8Array) => {
        const written = new Promise((resolve) => child.stdin.write(bytes, resolve));
        await Promise.race([written, closed]);
      },
      end: () => {
        child.stdin.end();
        return closed;
      },
    };
  }

  #refused(signal: AbortSignal) {
    if (this.#lost) return { ok: false, failure: this.#lost } as const;
    return signal.aborted ? fail('cancelled') : undefined;
  }

  /** Bytes until something goes wrong. */
  #toTrouble(): number {
    return this.pushTrouble
      ? Math.max(0, this.pushTrouble.afterBytes - this.pushedBytes)
      : Infinity;
  }

  #strike(bytes: number): Failure | undefined {
    this.pushedBytes += bytes;
    const trouble = this.pushTrouble;
    if (!trouble || this.pushedBytes < trouble.afterBytes) return undefined;
    this.pushTrouble = undefined;
    trouble.then?.();
    if (trouble.failure?.code === 'unplugged') this.unplug();
    return trouble.failure;
  }
}
