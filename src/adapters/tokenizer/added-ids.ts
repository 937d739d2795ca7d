import type { Added, Facts } from './compiled';
import type { AddedToken } from './spec';
import type { Vocab } from './vocab';
import { nfc as normalize } from './nfc';

type AddedFacts = Pick<Facts, 'raw' | 'normalized' | 'vocabSize'>;

/**
 * Gives added tokens the ids that the Rust library gives them: the vocabulary's where it has the token, else the next
 * free one. The "id" in the file is not looked at there either (it only warns).
 * Source: tokenizers, tokenizer/added_vocabulary.rs, `add_tokens` and `refresh_added_tokens`.
 */
export function addedTokens(tokens: readonly AddedToken[], vocab: Vocab, nfc: boolean): AddedFacts {
  const ids = new Map<string, number>();
  const byId = new Map<number, AddedToken>();
  const special = new Map<string, AddedToken>();
  const plain: AddedToken[] = [];
  const seen = new Set<string>();
  let highest = -1;
  for (const token of tokens) {
    if (token.content === '') continue;
    if (token.special && !special.has(token.content)) special.set(token.content, token);
    const known = ids.get(token.content) ?? idIn(vocab, token.content);
    const id = known ?? Math.max(highest + 1, vocab.size);
    const same = byId.get(id);
    if (same && JSON.stringify(same) === JSON.stringify(token)) continue;
    ids.set(token.content, id);
    byId.set(id, token);
    highest = Math.max(highest, id);
    if (known === undefined) seen.add(token.content);
    if (!special.has(token.content)) plain.push(token);
  }
  const list = [...special.values(), ...plain];
  const found = (token: AddedToken, content: string): Added => {
    const id = ids.get(token.content) ?? -1;
    // How it matches is what was said of it last.
    const { single_word, lstrip, rstrip } = byId.get(id) ?? token;
    return { content, id, singleWord: single_word, lstrip, rstrip };
  };
  return {
    raw: list.filter((token) => !token.normalized).map((token) => found(token, token.content)),
    normalized: list
      .filter((token) => token.normalized)
      .map((token) => found(token, nfc ? normalize(token.content) : token.content)),
    vocabSize: vocab.size + seen.size,
  };
}

function idIn(vocab: Vocab, token: string): number | undefined {
  const id = vocab.idOf(token);
  return id < 0 ? undefined : id;
}
