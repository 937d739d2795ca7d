import type { LoadEngine } from '../../src/adapters/virtual/engine';

/** An engine that answers "two red circles" without a model. */
export const tinyEngine: LoadEngine = async ({ context }) => ({
  facts: {
    ...{ engine: 'fake', model: 'fake', parameters: null, context, threads: 1, cores: 1 },
    system: null,
  },
  async *answer() {
    const figures = { width: 1, height: 1, image_tokens: null, text_tokens: null };
    yield { kind: 'prompt', figures: { ...figures, prompt_tokens: 9, prefill_ms: 2 } };
    for (const text of ['two', ' red', ' circles'])
      yield { kind: 'token', id: null, text } as const;
    yield { kind: 'end', finish: 'stop', tokens: 4, decodeMs: 6 };
  },
  close: () => undefined,
});
