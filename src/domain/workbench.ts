import type { Combiner } from './embeddings';
import type { Command } from './device';
import type { OutputParser } from './pipeline';
import type { PreparedOutput } from './prepare';
import type { Result } from './result';
import type { ParsedEvent } from './run';

/**
 * What the steps of a run may do on the phone. `dir` is fresh for each run and gone after it, so no file in it can be
 * stale. Every failure is final: a pipeline returns it.
 */
export interface Workbench {
  /** Absolute path of this run's folder. It exists and is empty. */
  readonly dir: string;
  /** Absolute path of the conversation's folder: it outlives the run, for a state that a follow-up restores. */
  readonly stateDir: string;
  /** Writes a file into the run's folder; missing folders are made. Returns its absolute path. */
  put(name: string, data: Uint8Array | string): Promise<Result<string>>;
  /** Sends a prepared picture or tensor, once for all runs that use it. Returns its absolute path. */
  send(output: PreparedOutput): Promise<Result<string>>;
  /**
   * Runs a program to its end and passes on what the parser reads. When it has ended, the parser is given the exit code
   * and those of `files` (small text files, relative to the run's folder) that exist. A `failed` of the parser, a
   * timeout or a flood is not an event but the result. Aborting ends the program: failure `cancelled`, unless
   * `interrupt` is set and the parser still ended the answer.
   */
  exec(
    command: Command,
    parser: OutputParser,
    options?: ExecOptions,
  ): AsyncGenerator<ParsedEvent, Result<number>, void>;
  /** Size in bytes of a file (absolute, or relative to the run's folder); undefined: there is none. */
  size(path: string): Promise<Result<number | undefined>>;
  /** Reads a file of at most `maxBytes`. */
  get(path: string, maxBytes: number): Promise<Result<Uint8Array>>;
  /** Reads the first bytes of a file, fewer where it has no more. */
  head(path: string, bytes: number): Promise<Result<Uint8Array>>;
  /** Deletes a file, if it is there. */
  remove(path: string): Promise<Result<void>>;
  /** True when the file on the phone contains this text (for example a flag's name in a program). */
  contains(path: string, text: string): Promise<Result<boolean>>;
  /** Makes a folder (absolute, or relative to the run's folder). */
  folder(path: string): Promise<Result<string>>;
}

export interface ExecOptions {
  /** Result files for the parser's `end`. */
  readonly files?: readonly string[];
  /** Stop it with SIGINT first: the program then ends its answer in good order. */
  readonly interrupt?: boolean;
}

/** What the page itself can do for a pipeline. */
export interface HostTools {
  /** Ids of each text by the model bundle's tokenizer.json. Special tokens count as such; nothing is added. */
  encode(texts: readonly string[], signal: AbortSignal): Promise<Result<readonly Int32Array[]>>;
  /** Puts picture rows between text rows (a worker). */
  readonly combine: Combiner['combine'];
}
