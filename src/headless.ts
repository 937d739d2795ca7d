import { createPreparer } from './adapters/preprocess/client';
import { createTokenizer } from './adapters/tokenizer/client';
import type { CoreChoice } from './adapters/preprocess/worker';
import type { InputRecipe, PreparedInput } from './domain/prepare';
import { fail, type Result } from './domain/result';
import type { TokenizerFacts } from './domain/tokenizer';

/** A prepared input without its bytes. */
export type Described = Omit<PreparedInput, 'preview' | 'outputs'> & {
  readonly outputs: readonly (Omit<PreparedInput['outputs'][number], 'data'> & {
    readonly bytes: number;
  })[];
};

/** Ids as plain arrays, which cross over to programs as they are. */
export interface Encoded {
  readonly ids: readonly (readonly number[])[];
  readonly tokenizer: TokenizerFacts;
}

let preparer = createPreparer();
let last: readonly Uint8Array[] = [];
let tokenizer = createTokenizer();

/**
 * What the command line and the tests call in a page of the built site: the app's own worker, without the app.
 * Files come in through the page's file input; bytes stay here until `read` fetches them piece by piece.
 */
const headless = {
  /** Chooses the twin of the core for the pictures to come. */
  choose(core: CoreChoice): void {
    preparer = createPreparer({ core });
  },
  /** Prepares file `index` of the file input. */
  async prepare(index: number, recipe: InputRecipe): Promise<Result<Described>> {
    const file = document.querySelector('input')?.files?.[index];
    if (!file) return fail('image-not-image', 'no such file');
    const result = await preparer.prepare(file, recipe, new AbortController().signal);
    if (!result.ok) return result;
    const { preview, outputs, ...rest } = result.value;
    last = [...outputs.map((output) => output.data), new Uint8Array(await preview.arrayBuffer())];
    const about = outputs.map(({ data, ...more }) => ({ ...more, bytes: data.length }));
    return { ok: true, value: { ...rest, outputs: about } };
  },
  /** Ids of texts with the tokenizer.json that is file `index` of the file input. */
  async tokenize(index: number, texts: readonly string[]): Promise<Result<Encoded>> {
    const file = document.querySelector('input')?.files?.[index];
    if (!file) return fail('tokenizer-invalid', 'no such file');
    const result = await tokenizer.encode(file, texts, new AbortController().signal);
    if (!result.ok) return result;
    const ids = result.value.ids.map((list) => [...list]);
    return { ok: true, value: { ids, tokenizer: result.value.tokenizer } };
  },
  /** Takes a new tokenizer worker, which remembers nothing but the cache. */
  forgetTokenizer(): void {
    tokenizer = createTokenizer();
  },
  /** Bytes of output `index` of the last picture, in base64; the preview (a PNG) comes after the last output. */
  read(index: number, from: number, to: number): string {
    const bytes = last[index]?.subarray(from, to) ?? new Uint8Array();
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192)
      text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  },
};
export type Headless = typeof headless;

Object.assign(globalThis, { headless });
