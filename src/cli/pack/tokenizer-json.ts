import * as v from 'valibot';
import { fail, ok, type Result } from '../../domain/result';

/** What the packer must know of a tokenizer.json. Whether we can run it is adapters/tokenizer's business. */
export interface TokenizerJson {
  /** Ids of special and added tokens by their text. */
  readonly added: ReadonlyMap<string, number>;
}

const Schema = v.looseObject({
  model: v.looseObject({ vocab: v.union([v.looseObject({}), v.array(v.unknown())]) }),
  added_tokens: v.optional(v.array(v.looseObject({ content: v.string(), id: v.number() })), []),
});

/** Reads a Hugging Face tokenizer.json. Failure: tokenizer-invalid. Format: huggingface/tokenizers, src/tokenizer/serialization.rs. */
export function readTokenizerJson(text: string): Result<TokenizerJson> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (reason) {
    return fail('tokenizer-invalid', `no JSON: ${reason instanceof Error ? reason.message : ''}`);
  }
  const parsed = v.safeParse(Schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const at = v.getDotPath(issue) ?? 'the root';
    return fail('tokenizer-invalid', `no tokenizer.json: ${at}: ${issue.message}`);
  }
  const { added_tokens } = parsed.output;
  return ok({ added: new Map(added_tokens.map(({ content, id }) => [content, id])) });
}
