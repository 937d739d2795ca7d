import { fail, ok, type Result } from '../../domain/result';
import { compile, MAX_TOKENIZER_BYTES } from './compile';
import type { Compiled } from './compiled';
import { Encoder } from './encoder';
import { openOther } from './other';

/** A tokenizer ready for use. One text at a time. */
export interface Tokens {
  /** Whose code: our own, equal to the Rust library; or Hugging Face's for the kinds that ours does not do. */
  readonly engine: 'plugsight' | '@huggingface/tokenizers';
  readonly vocabSize: number;
  /** Ids of a text. Special tokens in the text count as special; nothing is added. Failures: tokenizer-unsupported. */
  encode(text: string): Result<Int32Array>;
}

/**
 * Opens a tokenizer.json. `read` is called once, or twice when the file is not of our kind; each time it gives bytes of
 * its own. `keep` gets what was compiled, for a cache.
 * Failures: tokenizer-invalid, tokenizer-unsupported.
 */
export async function openTokenizer(
  read: () => Promise<Uint8Array>,
  keep: (compiled: Compiled) => void = () => undefined,
): Promise<Result<Tokens>> {
  const file = await read();
  if (file.length > MAX_TOKENIZER_BYTES) return fail('tokenizer-invalid', 'larger than 64 MB');
  const compiled = compile(file);
  if (compiled.ok) {
    keep(compiled.value);
    return ok(fromCompiled(compiled.value));
  }
  if (compiled.failure.code !== 'tokenizer-unsupported') return compiled;
  const other = await openOther(await read());
  if (other.ok) return other;
  return fail(
    other.failure.code,
    `${compiled.failure.detail ?? ''}; ${other.failure.detail ?? ''}`,
  );
}

/** The same from the cache. */
export function fromCompiled(compiled: Compiled): Tokens {
  const encoder = new Encoder(compiled);
  return {
    engine: 'plugsight',
    vocabSize: compiled.facts.vocabSize,
    encode: (text) => ok(encoder.encode(text)),
  };
}
