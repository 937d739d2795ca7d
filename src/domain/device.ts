import type { Failure } from './failure';
import type { Result } from './result';

/** What the app asks of a phone. Implemented by adapters/adb (a real phone and the virtual one alike) and test/fakes. */
export interface Device extends AsyncDisposable {
  /** Name for people, for example "Xiaomi 14". */
  readonly name: string;
  /** Serial number. Never leaves the page, never reaches a report or a link. */
  readonly serial: string;
  /** True for the virtual phone. Every screen and report that names the device shows it. */
  readonly simulated: boolean;
  /** How the phone is reached. */
  readonly transport: 'usb' | 'virtual' | 'bridge';
  /** ADB features the phone announced, for example "shell_v2". */
  readonly features: readonly string[];
  /** Resolves, once, when the phone is gone for any reason, closing included. Never rejects. */
  readonly gone: Promise<Failure>;

  /**
   * Runs a short shell script and returns all it printed. Output over `MAX_CAPTURE_BYTES` is cut and
   * reported as `output-flood`. A non-zero exit code is not a failure: look at it.
   * The script is passed to the phone's `sh` as is: quote arguments with `quote()`.
   */
  shell(script: string, signal: AbortSignal): Promise<Result<ShellOutput>>;

  /** Starts a program and leaves it running. Arguments are quoted once, here; none needs escaping. */
  spawn(command: Command, signal: AbortSignal): Promise<Result<Process>>;

  /**
   * Writes a file (missing directories are made). Yields the total of bytes handed over so far.
   * On failure the part is deleted; still, push to a temporary name and rename after verifying.
   */
  push(file: PushFile, signal: AbortSignal): AsyncGenerator<number, Result<void>, void>;

  /**
   * Runs a shell script with `source` as its stdin. Yields the total of bytes handed over so far. A script may
   * end before its stdin does. If it is stopped, what its programs wrote until then stays, unlike with `push`.
   */
  feed(feeding: Feeding, signal: AbortSignal): AsyncGenerator<number, Result<ShellOutput>, void>;

  /** Reads a whole file of at most `maxBytes`; a larger or missing one is a failure. */
  pull(path: string, maxBytes: number, signal: AbortSignal): Promise<Result<Uint8Array>>;
}

/** The most that `shell()` keeps of stdout and of stderr, each. */
export const MAX_CAPTURE_BYTES = 4 << 20;

export interface ShellOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface Command {
  /** Program and arguments, one string each. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute working directory on the phone. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface PushFile {
  /** Absolute path on the phone. */
  readonly path: string;
  readonly source: ReadableStream<Uint8Array>;
  /** Permission bits, for example 0o755. */
  readonly mode: number;
}

export interface Feeding {
  /** As for `shell`. */
  readonly script: string;
  readonly source: ReadableStream<Uint8Array>;
}

/** Text that a program printed. Chunks may break anywhere, even inside a line, never inside a character. */
export interface Chunk {
  readonly from: 'stdout' | 'stderr';
  readonly text: string;
}

/** A program running on the phone. Leaving its scope ends it (SIGTERM, then SIGKILL) and checks that it is gone. */
export interface Process extends AsyncDisposable {
  /** Process id on the phone. */
  readonly pid: number;
  /** Both pipes, merged, always drained by the adapter. Ends when the program exits or the phone vanishes. */
  readonly output: AsyncIterable<Chunk>;
  /** Exit code; 128 + n for a program ended by signal n. Never rejects: a vanished phone is a failed Result. */
  readonly exit: Promise<Result<number>>;
  /** Writes to the program's stdin. */
  write(text: string): Promise<Result<void>>;
  /** Asks the program to stop (SIGINT) and does not wait for it. */
  interrupt(): Promise<void>;
}

/** One way to reach phones: the USB port, or the virtual phone. */
export interface Connector {
  readonly transport: Device['transport'];
  /** Says why this way cannot work here at all (no WebUSB, insecure page), or nothing. */
  readonly unavailable: Failure | undefined;
  /** Phones that this page may use already, without a chooser. */
  known(): Promise<readonly Candidate[]>;
  /** Shows the browser's chooser. Must be called from a click. */
  choose(): Promise<Result<Candidate>>;
  /**
   * Connects and authorises. Yields what it waits for; the last value is the device or why not.
   * Aborting closes the connection.
   */
  open(
    candidate: Candidate,
    signal: AbortSignal,
  ): AsyncGenerator<ConnectEvent, Result<Device>, void>;
  /** Calls back when a known phone is plugged in; returns how to stop. */
  onPlugged(listener: (candidate: Candidate) => void): () => void;
}

/** A phone that could be opened. */
export interface Candidate {
  /** Stable while plugged in. */
  readonly id: string;
  readonly name: string;
}

export type ConnectEvent =
  | { readonly kind: 'opening' }
  /** The phone asks its owner. `deadlineMs` on the clock of `performance.now()`. */
  | { readonly kind: 'authorise'; readonly deadlineMs: number; readonly fingerprint: string }
  | { readonly kind: 'reading' };

/** A command as a person would type it. */
export const toShell = ({ argv, cwd, env }: Command): string =>
  [
    `cd ${quote(cwd)}`,
    [
      ...Object.entries(env).map(([key, value]) => `${key}=${quote(value)}`),
      ...argv.map(quote),
    ].join(' '),
  ].join(' && \\\n');

/** The only folder on a phone that we write to. */
export const DEVICE_ROOT = '/data/local/tmp/plugsight';

/**
 * Quotes one argument for a POSIX shell: the shell gives back exactly this text.
 * NUL cannot be an argument and is refused by a throw (a bug of the caller).
 * Source: POSIX.1-2024, Shell Command Language, 2.2.2 Single-Quotes.
 */
export function quote(argument: string): string {
  if (argument.includes('\0'))
    throw new Error('a NUL character cannot be part of a shell argument');
  return /^[A-Za-z0-9_\-./:=@%+,]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", "'\\''")}'`;
}
