import type { ERROR_CODES, GenerateRequest, RunnerEvent } from '../../domain/runner-protocol';

type Of<E extends RunnerEvent['event']> = Extract<RunnerEvent, { event: E }>;

/** What computes for the runner program. The runner speaks the protocol; the engine knows the library. */
export interface Engine {
  /** For the `ready` event. Figures that the engine cannot give are null. */
  readonly facts: Pick<
    Of<'ready'>,
    'engine' | 'model' | 'parameters' | 'context' | 'threads' | 'cores' | 'system'
  >;
  /** Answers one request. Ends early, with "cancelled", when the signal is aborted. Throws EngineFault. */
  answer(request: GenerateRequest, image: Blob, signal: AbortSignal): AsyncIterable<AnswerPart>;
  /** Ends everything at once, also in the middle of an answer. */
  close(): void;
}

export type AnswerPart =
  | {
      readonly kind: 'prompt';
      readonly figures: Pick<
        Of<'prompt'>,
        'width' | 'height' | 'image_tokens' | 'text_tokens' | 'prompt_tokens' | 'prefill_ms'
      >;
    }
  | { readonly kind: 'token'; readonly id: number | null; readonly text: string }
  /** The last part. `tokens`: generated, end of turn included. `decodeMs`: from the first of them to the last. */
  | {
      readonly kind: 'end';
      readonly finish: Of<'done'>['finish'];
      readonly tokens: number;
      readonly decodeMs: number | null;
    };

export type LoadEngine = (model: ModelFiles, signal: AbortSignal) => Promise<Engine>;

export interface ModelFiles {
  readonly language: Blob;
  readonly vision: Blob;
  /** Context in tokens. */
  readonly context: number;
}

/** What the engine refuses, with the protocol's code and one sentence. */
export class EngineFault extends Error {
  readonly code: (typeof ERROR_CODES)[number];
  /** True when the engine cannot go on. */
  readonly fatal: boolean;

  constructor(code: EngineFault['code'], message: string, fatal = false) {
    super(message);
    this.code = code;
    this.fatal = fatal;
  }
}
