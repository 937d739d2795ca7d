import type { Failure, FailureCode } from './failure';

/** What every call that can fail for an expected reason returns. Thrown values are our own bugs. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** A good result. */
export function ok(): Result<void>;
export function ok<T>(value: T): Result<T>;
export function ok<T>(value?: T): Result<T | undefined> {
  return { ok: true, value };
}

/** A failed result. `detail` is for the bug report: what exactly was seen, never what to do. */
export function fail(code: FailureCode, detail?: string): { ok: false; failure: Failure } {
  return { ok: false, failure: detail === undefined ? { code } : { code, detail } };
}
