import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/adapters/tokenizer/compile';
import { Encoder } from '../../src/adapters/tokenizer/encoder';
import { Ids } from '../../src/adapters/tokenizer/ids';
import { Bpe } from '../../src/adapters/tokenizer/bpe';
import { mergeLong } from '../../src/adapters/tokenizer/merge-long';
import { hideNewer } from '../../src/adapters/tokenizer/newer';
import { nfc } from '../../src/adapters/tokenizer/nfc';
import { toRegExp } from '../../src/adapters/tokenizer/onig';
import { SCANNERS } from '../../src/adapters/tokenizer/scanners';
import { toUnits } from '../../src/adapters/tokenizer/text';
import { madeUp } from '../golden/tokenizer/made-up';
import { qwenFile } from '../golden/tokenizer/qwen';
import { randomTexts } from '../golden/tokenizer/texts';

const compiled = (file: Uint8Array) => {
  const result = compile(file);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};
const mixed = randomTexts(77);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.noShrink(fc.constant(0)).map(() => mixed.next().value),
);

describe('against @huggingface/tokenizers', () => {
  const file = qwenFile('qwen2_5');
  const peer = new Tokenizer(JSON.parse(new TextDecoder().decode(file)) as object, {});
  const ours = new Encoder(compiled(file));
  /** Where that package is known to differ from the Rust library: it has JavaScript's \s and this engine's Unicode. */
  const sameUnicode = (text: string) =>
    !/[\u0085\ufeff]/.test(text) && hideNewer(text) === text && nfc(text) === text.normalize('NFC');

  test('any text gives the same ids', () => {
    fc.assert(
      fc.property(anyText.filter(sameUnicode), (text) => {
        const { ids } = peer.encode(text, { add_special_tokens: false });
        expect([...ours.encode(text)]).toEqual(ids);
      }),
      { numRuns: 500 },
    );
  });
});

describe('scanners', () => {
  test.each([...SCANNERS])('%s cuts as its RegExp does', (source, scanner) => {
    const pattern = toRegExp(source)!;
    fc.assert(
      fc.property(anyText, (raw) => {
        const text = raw.toWellFormed();
        const { units } = toUnits(text);
        const ends: number[] = [];
        for (let at = 0; at < text.length; ends.push(at)) at = scanner(units, at, text.length);
        const wanted = [...hideNewer(text).matchAll(pattern)];
        expect(ends).toEqual(wanted.map(({ index, 0: word }) => index + word.length));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('merging', () => {
  const model = compiled(qwenFile('qwen2_5'));

  test('the heap and the short loop agree', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', 'e', 't', 'h', ' ', '中', 'é'),
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(letters, (word) => {
        const out = new Ids();
        new Bpe(model).word(toUnits(word).units, 0, word.length, out);
        const symbols = Int32Array.from(
          new TextEncoder().encode(word),
          (byte) => model.byteIds[byte]!,
        );
        const count = mergeLong(symbols, symbols.length, model.pairs);
        expect([...symbols.subarray(0, count)]).toEqual([...out.data.subarray(0, out.length)]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('files from anywhere', () => {
  const good = new TextEncoder().encode(madeUp('added tokens'));
  const never = (file: Uint8Array) => {
    const result = compile(file);
    if (!result.ok) expect(result.failure.code).toMatch(/^tokenizer-(invalid|unsupported)$/);
    else new Encoder(result.value).encode('What is this? <img>é 12');
  };

  test('garbage is refused, not thrown at', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((json) => new TextEncoder().encode(json)),
        ),
        never,
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['a small file', good, 150],
    ["Qwen2.5's own", qwenFile('qwen2_5'), 10],
  ])('%s, damaged, is refused or read', (_, whole, numRuns) => {
    const change = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      length: fc.nat({ max: 40 }),
      by: fc.uint8Array({ maxLength: 8 }),
    });
    fc.assert(
      fc.property(change, ({ at, length, by }) => {
        const end = Math.min(at + length, whole.length);
        const file = new Uint8Array(whole.length - (end - at) + by.length);
        file.set(whole.subarray(0, at));
        file.set(by, at);
        file.set(whole.subarray(end), at + by.length);
        never(file);
      }),
      { numRuns },
    );
  });

  test('a file cut off anywhere is refused', () => {
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), (length) => {
        expect(compile(good.slice(0, length))).toMatchObject({
          ok: false,
          failure: { code: 'tokenizer-invalid' },
        });
      }),
      { numRuns: 100 },
    );
  });
});
