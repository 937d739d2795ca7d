import type { SimulatedIo, TinyQuestion } from './host';

/** An answer and when its parts came, in milliseconds since 1970. */
export interface Answered {
  readonly text: string;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly stopped: boolean;
  readonly startMs: number;
  readonly firstMs: number;
  readonly endMs: number;
}

/** Asks the tiny model; `each` hears every piece as it comes. */
export async function answer(
  io: SimulatedIo,
  question: TinyQuestion,
  each: (piece: string) => Promise<unknown> = async () => undefined,
): Promise<Answered> {
  const startMs = io.now();
  let firstMs: number | undefined;
  let text = '';
  const pieces = io.infer(question);
  for (;;) {
    const step = await pieces.next();
    if (step.done) {
      const endMs = io.now();
      const { promptTokens, tokens, stopped } = step.value;
      return {
        ...{ text, tokens, stopped, startMs, endMs },
        promptTokens: promptTokens ?? 0,
        firstMs: firstMs ?? endMs,
      };
    }
    firstMs ??= io.now();
    text += step.value;
    await each(step.value);
  }
}
