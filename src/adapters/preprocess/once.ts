/** Runs `make` once; a rejection is forgotten so that the next call may try again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () =>
    (pending ??= make().catch((reason: unknown) => {
      pending = undefined;
      throw reason;
    }));
}
