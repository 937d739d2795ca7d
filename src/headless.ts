import { createPreparer } from './adapters/preprocess/client';
import type { CoreChoice } from './adapters/preprocess/worker';
import type { InputRecipe, PreparedInput } from './domain/prepare';
import type { Result } from './domain/result';

/**
 * What the command line and the tests call in a page of the built site: the app's own worker, without the app.
 * Bytes stay here until `read` fetches them piece by piece.
 */
const plugsight = {
  choose(core: CoreChoice): void {
    preparer = createPreparer({ core });
  },
  async prepare(base64: string, recipe: InputRecipe): Promise<Result<Described>> {
    const result = await preparer.prepare(
      new Blob([decode(base64)]),
      recipe,
      new AbortController().signal,
    );
    if (!result.ok) return result;
    const { preview, outputs, ...rest } = result.value;
    last = [...outputs.map((output) => output.data), new Uint8Array(await preview.arrayBuffer())];
    return {
      ok: true,
      value: {
        ...rest,
        outputs: outputs.map(({ data, ...about }) => ({ ...about, bytes: data.length })),
      },
    };
  },
  /** Bytes of output `index` of the last picture in base64; the preview comes after the last output. */
  read(index: number, from: number, to: number): string {
    return encode(last[index]?.subarray(from, to) ?? new Uint8Array());
  },
};

/** A prepared input without its bytes. */
export type Described = Omit<PreparedInput, 'preview' | 'outputs'> & {
  readonly outputs: readonly (Omit<PreparedInput['outputs'][number], 'data'> & {
    readonly bytes: number;
  })[];
};
export type Plugsight = typeof plugsight;

let preparer = createPreparer();
let last: Uint8Array[] = [];

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}
function encode(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192)
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

Object.assign(globalThis, { plugsight });
