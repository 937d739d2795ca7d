import * as v from 'valibot';
import { BYTE_CHARS } from '../tokenizer/alphabet';

const Schema = v.object({
  model: v.object({ vocab: v.record(v.string(), v.number()) }),
  added_tokens: v.optional(v.array(v.object({ id: v.number(), content: v.string() })), []),
});

/**
 * Text of token ids by a byte-level BPE tokenizer.json: what the original's decoder does at the end.
 * Unknown ids are left out; undefined: not such a file.
 */
export function decodeIds(json: string, ids: readonly number[]): string | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Schema), json);
  if (!parsed.success) return undefined;
  const pieces = new Map(
    Object.entries(parsed.output.model.vocab).map(([piece, id]) => [id, piece]),
  );
  const special = new Map(parsed.output.added_tokens.map(({ id, content }) => [id, content]));
  const bytes: number[] = [];
  for (const id of ids) {
    const added = special.get(id);
    if (added !== undefined) bytes.push(...new TextEncoder().encode(added));
    else for (const char of pieces.get(id) ?? '') bytes.push(Math.max(0, BYTE_CHARS.indexOf(char)));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
