import { fail, ok, type Result } from '../../domain/result';
import type { Tokens } from './open';

/**
 * Every kind of tokenizer that is not ours, through the package of Hugging Face. It is loaded when needed.
 * It follows the Rust library closely, not exactly: it has JavaScript's white space and this browser's Unicode.
 * Failures: tokenizer-unsupported, tokenizer-invalid.
 */
export async function openOther(file: Uint8Array): Promise<Result<Tokens>> {
  let json: { model?: { vocab?: unknown }; added_tokens?: readonly unknown[] };
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file)) as typeof json;
  } catch (reason) {
    return fail('tokenizer-invalid', String(reason));
  }
  const { Tokenizer } = await import('@huggingface/tokenizers');
  try {
    const tokenizer = new Tokenizer(json, {});
    return ok({
      engine: '@huggingface/tokenizers',
      vocabSize: tokenizer.get_vocab(true).size,
      encode(text) {
        try {
          const { ids } = tokenizer.encode(text.toWellFormed(), { add_special_tokens: false });
          return ok(Int32Array.from(ids));
        } catch (reason) {
          return fail('tokenizer-unsupported', String(reason));
        }
      },
    });
  } catch (reason) {
    // It does not say which of its parts it does not know otherwise than by throwing.
    return fail('tokenizer-unsupported', String(reason));
  }
}
