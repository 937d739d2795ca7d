import { fail, ok, type Result } from '../result';

export interface TokenizerBin {
  readonly words: number;
  readonly bos: number;
  readonly eos: number;
}

const HEADER = 16;
const MAX_WORD = 4096;

/**
 * Reads a llama2.c tokenizer: u32 words, bos, eos and longest word; then per word f32 score, u32 length, bytes. The words must
 * fill the file exactly. Failure: tokenizer-invalid. Format: karpathy/llama2.c tokenizer.py with ExecuTorch's header
 * (pytorch/executorch extension/llm/tokenizer/tokenizer.py).
 */
export function readTokenizerBin(bytes: Uint8Array): Result<TokenizerBin> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER) return fail('tokenizer-invalid', `only ${bytes.byteLength} bytes`);
  const [words, bos, eos, longest] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (words === 0 || words > 1e6 || longest > MAX_WORD || bos >= words || eos >= words)
    return fail(
      'tokenizer-invalid',
      `not a llama2.c tokenizer: it claims ${words} words, bos ${bos}, eos ${eos}, longest ${longest}`,
    );
  let at = HEADER;
  for (let i = 0; i < words; i++) {
    const length = at + 8 <= bytes.byteLength ? view.getUint32(at + 4, true) : Infinity;
    if (length > MAX_WORD || at + 8 + length > bytes.byteLength)
      return fail('tokenizer-invalid', `it ends in word ${i} of ${words}`);
    at += 8 + length;
  }
  if (at !== bytes.byteLength)
    return fail('tokenizer-invalid', `${bytes.byteLength - at} bytes too many after its words`);
  return ok({ words, bos, eos });
}
