/** Passes on what a generator yields, as something else, and returns what it returns. Leaving it leaves the generator. */
export async function* relay<T, Shown, R>(
  inner: AsyncGenerator<T, R, void>,
  show: (value: T) => Shown,
): AsyncGenerator<Shown, R, void> {
  let ended = false;
  try {
    for (;;) {
      const step = await inner.next();
      ended = step.done === true;
      if (step.done) return step.value;
      yield show(step.value);
    }
  } finally {
    // A generator that is left early has nobody to return to.
    if (!ended) await inner.return(undefined as R);
  }
}
