import type { Clock } from '../domain/clock';

/** Rate of a transfer over the last five seconds, and what it means for the rest. */
export class Speed {
  readonly #clock: Clock;
  #samples: { atMs: number; bytes: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  measure(bytes: number, leftBytes: number) {
    const atMs = this.#clock.now();
    // What was sent turned out wrong and is sent anew.
    if (this.#samples.some((sample) => sample.bytes > bytes)) this.#samples = [];
    this.#samples = [
      ...this.#samples.filter((sample) => sample.atMs > atMs - 5000),
      { atMs, bytes },
    ];
    const first = this.#samples[0];
    const seconds = first ? (atMs - first.atMs) / 1000 : 0;
    // Under half a second a rate says more about buffers than about the cable.
    if (!first || seconds < 0.5) return { bytesPerSecond: undefined, secondsLeft: undefined };
    const bytesPerSecond = (bytes - first.bytes) / seconds;
    return {
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? leftBytes / bytesPerSecond : undefined,
    };
  }
}
