import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LlamaSupport } from '../../domain/llama-support';
import { SOURCE } from './source';

/**
 * What the pinned llama.cpp can load, read out of its own tables: `LLM_ARCH_NAMES` of src/llama-arch.cpp,
 * `PROJECTOR_TYPE_NAMES` of tools/mtmd/clip-impl.h, `enum ggml_type` of ggml/include/ggml.h with the block sizes of
 * gguf-py/gguf/constants.py, and `enum llama_ftype` of include/llama.h. Throws when a table is not where it was.
 */
export async function llamaSupport(source: string): Promise<LlamaSupport> {
  const read = (path: string) => readFile(join(source, path), 'utf8');
  const [arch, clip, ggml, python, llama] = await Promise.all([
    read('src/llama-arch.cpp'),
    read('tools/mtmd/clip-impl.h'),
    read('ggml/include/ggml.h'),
    read('gguf-py/gguf/constants.py'),
    read('include/llama.h'),
  ]);
  const quoted = (text: string) => [...text.matchAll(/\{ *\w+, *"([^"]+)" *\}/g)].map(one);
  return {
    commit: SOURCE.commit,
    // "clip" is a dummy there, and "(unknown)" is what has no name.
    architectures: quoted(table(arch, 'LLM_ARCH_NAMES', '};'))
      .filter((name) => /^[a-z0-9]/.test(name) && name !== 'clip')
      .sort(),
    projectors: quoted(table(clip, 'PROJECTOR_TYPE_NAMES', '};')).sort(),
    types: types(table(ggml, 'enum ggml_type', '};'), table(python, 'GGML_QUANT_SIZES', '\n}')),
    fileTypes: fileTypes(table(llama, 'enum llama_ftype', '};')),
  };
}

/** The text from `name` to the next `end`. */
function table(text: string, name: string, end: string): string {
  const from = text.indexOf(name);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`llama.cpp has no table ${name} any more`);
  return text.slice(from, to);
}

const one = (match: RegExpMatchArray): string => match[1] ?? '';

/** Number of the type in a file, to its name, elements and bytes of a block. */
function types(numbers: string, sizes: string): LlamaSupport['types'] {
  const blocks = new Map(
    [...sizes.matchAll(/\.(\w+): *\((\d+), *([^)]+)\)/g)].map(
      ([, name = '', elements = '', bytes = '']) =>
        [name, [Number(elements), sum(bytes)] as const] as const,
    ),
  );
  return Object.fromEntries(
    [...numbers.matchAll(/^ *GGML_TYPE_(\w+) *= *(\d+),/gm)]
      .filter(([, name]) => name !== 'COUNT')
      .map(([, name = '', number = '']) => {
        const block = blocks.get(name);
        if (!block) throw new Error(`GGML_QUANT_SIZES has no ${name}`);
        return [number, [name, ...block]];
      }),
  );
}

/** "2 + 2 + QK_K // 2 + 12": sums of whole numbers, products and quotients. */
function sum(expression: string): number {
  return expression
    .replaceAll('QK_K', '256')
    .split('+')
    .map((term) => {
      const [first = NaN, second] = term.split(/\/\/|\*/).map(Number);
      if (second === undefined) return first;
      return term.includes('*') ? first * second : Math.floor(first / second);
    })
    .reduce((total, term) => total + term, 0);
}

const fileTypes = (text: string): LlamaSupport['fileTypes'] =>
  Object.fromEntries(
    [...text.matchAll(/^ *LLAMA_FTYPE_(?:MOSTLY|ALL)_(\w+) *= *(\d+),/gm)].map(
      ([, name = '', number = '']) => [number, name],
    ),
  );
