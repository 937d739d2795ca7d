import type { FailureCode } from '../../domain/failure';
import type { ScriptedFailure } from '../../domain/virtual';

/** How a program fails: what it prints, how it ends, and what must be said of it. */
export interface Example {
  /** Lower-case words with dashes. */
  readonly id: string;
  /** Row of pipelines/. */
  readonly pipeline: string;
  /** Row of adapters/simulated that fails so; absent: whichever runs first. */
  readonly program: string | undefined;
  /** What the run fails with; undefined: it only looks so, and the run goes well. */
  readonly code: FailureCode | undefined;
  /** 0: the program says this and goes on. */
  readonly exitCode: number;
  /**
   * real-run: printed on x86-64 (test/golden/pipelines). reconstructed: from format strings in public sources, values
   * invented. recall: texts of the Android system, from memory. invented.
   */
  readonly origin: string;
  readonly stderr: readonly string[];
  readonly stdout: readonly string[];
}

/** Makes examples of one program. */
export const on =
  (pipeline: string, program?: string) =>
  (
    id: string,
    code: FailureCode | undefined,
    exitCode: number,
    origin: string,
    stderr: readonly string[],
    stdout: readonly string[] = [],
  ): Example => ({ id, pipeline, program, code, exitCode, origin, stderr, stdout });

/** What a simulated runner is told, to fail so. */
export const scriptOf = ({ program, exitCode, stdout, stderr }: Example): ScriptedFailure => ({
  ...(program && { program }),
  ...{ exitCode, stdout: text(stdout), stderr: text(stderr) },
});

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
