import type { Os } from '../os';

/** What a person reads about a failure. `code` in backticks is shown as code. */
export interface Message {
  /** What happened, one line. */
  readonly title: string;
  /** Why, one sentence, where it helps. */
  readonly why?: string;
  /** Ways out, the likeliest first. */
  readonly ways: readonly string[];
  /** Ways out that come first on one operating system. */
  readonly waysOn?: Partial<Record<Os, readonly string[]>>;
  /** True: the step goes back to rest and nothing is shown. */
  readonly silent?: true;
}

export const AGAIN = 'Press Try again. Nothing that you typed or chose is lost.';
export const REPLUG = 'Unplug the cable, plug it in again and unlock the phone.';
export const VIRTUAL = 'Or use the virtual phone: it needs no cable and no permission.';
export const REPORT = 'If it stays like this, copy the details into a bug report.';
