import { fail, ok, type Result } from '../../domain/result';
import { addedTokens } from './added-ids';
import { BYTE_CHARS } from './alphabet';
import { NO_WORDS, type Compiled } from './compiled';
import { JsonCursor, Malformed } from './json-cursor';
import { readMerges, type Merges } from './merges';
import { parseSpec, type Spec } from './spec';
import { canChain } from './stages';
import { readVocab, type Vocab } from './vocab';
import { wordTable } from './words';

/** A larger file is refused unread; the largest in use have 33 MB. */
export const MAX_TOKENIZER_BYTES = 64 << 20;

/**
 * Turns tokenizer.json into the tables of a byte-level BPE encoder. The bytes are used up: escapes are undone in place.
 * Failures: tokenizer-invalid (not such a file), tokenizer-unsupported (another kind of tokenizer).
 */
export function compile(bytes: Uint8Array): Result<Compiled> {
  if (bytes.length > MAX_TOKENIZER_BYTES) return fail('tokenizer-invalid', 'larger than 64 MB');
  try {
    return compileFile(bytes);
  } catch (reason) {
    if (reason instanceof Malformed) return fail('tokenizer-invalid', reason.message);
    throw reason;
  }
}

function compileFile(bytes: Uint8Array): Result<Compiled> {
  const file = readTables(bytes);
  const spec = parseSpec(file.rest);
  if (!spec.ok) return spec;
  const { vocab, readLate } = file;
  const merges = vocab && (file.merges ?? readLate?.(vocab));
  if (!vocab || !merges) return fail('tokenizer-unsupported', 'model: no vocab and merges');
  const byteIds = byteIdsOf(vocab);
  if (!canChain(spec.value.stages))
    return fail('tokenizer-unsupported', 'pre_tokenizer: a pattern that we read differently');
  const refusal = refuse(spec.value, byteIds, vocab);
  if (refusal) return fail('tokenizer-unsupported', refusal);
  const { nfc, stages, unknown, fuseUnknown, ignoreMerges } = spec.value;
  const added = addedTokens(spec.value.added, vocab, nfc);
  const unknownId = unknown !== null && byteIds.includes(-1) ? vocab.idOf(unknown) : null;
  return ok({
    facts: { nfc, stages, ...added, unknownId, fuseUnknown, merges: merges.merges },
    byteIds,
    pairs: merges.pairs,
    words: ignoreMerges ? wordTable(vocab) : NO_WORDS,
  });
}

/** What may happen to a byte that has no token, and that our encoder does not do. */
function refuse(spec: Spec, byteIds: Int32Array, vocab: Vocab): string | undefined {
  if (!byteIds.includes(-1)) return undefined;
  if (spec.byteFallback) return 'model: byte_fallback with bytes that have no token';
  if (spec.unknown !== null && vocab.idOf(spec.unknown) < 0)
    return 'model: unk_token is not in the vocabulary';
  return undefined;
}

interface Tables {
  /** The file without its two tables, parsed. */
  readonly rest: unknown;
  readonly vocab: Vocab | undefined;
  readonly merges: Merges | undefined;
  /** Reads the merges that could not be read in passing; absent: there are none. */
  readonly readLate: ((vocab: Vocab) => Merges) | undefined;
}

/** Reads `model.vocab` where it stands and everything but it and `model.merges` the usual way. */
function readTables(bytes: Uint8Array): Tables {
  const cursor = new JsonCursor(bytes);
  const holes: { from: number; to: number }[] = [];
  let vocab: Vocab | undefined;
  let merges: Merges | undefined;
  let mergesAt: number | undefined;
  let prefixed = false;
  const hole = (read: () => void) => {
    const from = (cursor.peek(), cursor.at);
    read();
    holes.push({ from, to: cursor.at });
  };
  const member = () => {
    const key = cursor.text();
    if (key === 'vocab' && cursor.peek() === 0x7b) {
      if (vocab) throw new Malformed('model.vocab comes twice');
      hole(() => (vocab = readVocab(cursor)));
    } else if (key === 'merges' && cursor.peek() === 0x5b) {
      if (mergesAt !== undefined) throw new Malformed('model.merges comes twice');
      mergesAt = cursor.at;
      // With a prefix for inner parts, merges are of other strings than they say; parseSpec() refuses such a file.
      const known = prefixed ? undefined : vocab;
      hole(() => (known ? (merges = readMerges(cursor, known)) : cursor.skip()));
    } else {
      const from = (cursor.peek(), cursor.at);
      cursor.skip();
      prefixed ||=
        key === 'continuing_subword_prefix' && bytes[from] === 0x22 && cursor.at > from + 2;
    }
  };
  cursor.object(() => {
    if (cursor.text() === 'model' && cursor.peek() === 0x7b) cursor.object(member);
    else cursor.skip();
  });
  if (cursor.peek() !== 0 || cursor.at < bytes.length)
    throw new Malformed('something follows the object');
  const readLate = (known: Vocab) => {
    cursor.at = mergesAt ?? 0;
    return readMerges(cursor, known);
  };
  return {
    rest: parseAround(bytes, holes),
    vocab,
    merges,
    readLate: mergesAt === undefined ? undefined : readLate,
  };
}

/** Parses the file with `null` where the holes are. */
function parseAround(bytes: Uint8Array, holes: readonly { from: number; to: number }[]): unknown {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = 0;
  let text = '';
  try {
    for (const { from, to } of holes) {
      text += `${decoder.decode(bytes.subarray(at, from))}null`;
      at = to;
    }
    return JSON.parse(text + decoder.decode(bytes.subarray(at))) as unknown;
  } catch (reason) {
    throw new Malformed(reason instanceof Error ? reason.message : 'not JSON');
  }
}

function byteIdsOf(vocab: Vocab): Int32Array {
  return Int32Array.from(BYTE_CHARS, (char) => vocab.idOf(char));
}
