import type { Result } from './result';

/** Turns text into the ids that a model reads. Implemented by adapters/tokenizer (a worker). */
export interface Tokenizer {
  /**
   * Ids of each text, with the tokenizer.json given. Special tokens in a text count as special; nothing is added, cut off
   * or padded. The file's tables stay ready in the worker and in a cache keyed by its sha256, so passing it every time is
   * cheap. Failures: tokenizer-invalid, tokenizer-unsupported, prompt-too-long, worker-failed, cancelled.
   */
  encode(file: Blob, texts: readonly string[], signal: AbortSignal): Promise<Result<Tokenized>>;
}

export interface Tokenized {
  readonly ids: readonly Int32Array[];
  readonly tokenizer: TokenizerFacts;
}

/** Which tokenizer gave the ids: enough to name it in a report. */
export interface TokenizerFacts {
  /** sha256 of tokenizer.json. */
  readonly sha256: string;
  readonly vocabSize: number;
  /** Our own code, equal to the Rust library's ids; or Hugging Face's package for kinds that ours does not do. */
  readonly engine: 'plugsight' | '@huggingface/tokenizers';
  /** Where its tables came from this time. */
  readonly from: 'memory' | 'cache' | 'file';
}

/** All texts of a call together, in UTF-16 code units. */
export const MAX_TEXT_CHARS = 16 << 20;
