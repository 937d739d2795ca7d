import { basename } from 'node:path';
import { readElf, type ElfFile } from '../../domain/formats/elf';
import { readGenieConfig, type GenieConfig } from '../../domain/formats/genie-config';
import { KIND_BYTES, fileKind, type FileKind } from '../../domain/formats/kind';
import { readPte, type PteFile } from '../../domain/formats/pte';
import { readQnnInfo, type QnnInfo } from '../../domain/formats/qnn-info';
import { readTokenizerBin } from '../../domain/formats/tokenizer-bin';
import { readHead } from '../../adapters/browser/gguf-head';
import type { Gguf } from '../../domain/gguf';
import { ok, type Result } from '../../domain/result';
import { FileBytes } from './file-bytes';
import type { Expect, Item } from './recipe';
import { scan } from './scan';
import type { SourceFile } from './sources';
import { readTokenizerJson, type TokenizerJson } from './tokenizer-json';

/** A file taken for an item. */
export interface Chosen {
  readonly item: Item;
  readonly source: SourceFile;
  /** Its place in the bundle. */
  readonly path: string;
  readonly arch: string | undefined;
}

/** What was read in it: headers, never the whole of a large file. */
export interface Inspected extends Chosen {
  readonly kind: { readonly is: FileKind; readonly name: string };
  readonly elf?: ElfFile;
  readonly pte?: PteFile;
  readonly gguf?: Gguf;
  readonly genie?: GenieConfig;
  readonly qnn?: QnnInfo;
  readonly tokenizer?: TokenizerJson;
  readonly marks: ReadonlySet<string>;
  readonly sdks: readonly string[];
  /** It is of the right kind, but its reader says no. */
  readonly trouble?: string;
}

/** Small files are read whole; a tokenizer.json of the largest known vocabularies has 35 MB. */
const MAX_WHOLE = 128 << 20;

export async function inspect(chosen: Chosen): Promise<Inspected> {
  await using file = await FileBytes.open(chosen.source.real);
  const kind = fileKind(await file.read(0, KIND_BYTES));
  const plain = { ...chosen, kind, marks: new Set<string>(), sdks: [] };
  if (kind.is === 'elf') {
    const found = await scan(chosen.source.real, chosen.item.marks ?? []);
    return { ...plain, ...found, ...taken('elf', await readElf(file)) };
  }
  if (kind.is === 'pte' || chosen.item.is === 'qnn-context') {
    const { sdks } = await scan(chosen.source.real, []);
    return { ...plain, sdks, ...(kind.is === 'pte' ? taken('pte', await readPte(file)) : {}) };
  }
  if (kind.is === 'gguf') return { ...plain, ...(await inspectGguf(file, basename(chosen.path))) };
  return { ...plain, ...(await inspectWhole(chosen.item.is, file)) };
}

async function inspectGguf(file: FileBytes, name: string): Promise<Partial<Inspected>> {
  const read = async (from: number, to: number) => ok(await file.read(from, to - from));
  const head = await readHead(read, file.size, name);
  const trouble = head.ok ? head.value.trouble : undefined;
  // A type of weights that our llama.cpp does not know may be right for the user's own.
  if (trouble && trouble.code !== 'model-unsupported') return { trouble: trouble.detail ?? '' };
  return taken('gguf', head);
}

/** What has no mark of its own is read as what it should be. */
async function inspectWhole(is: Expect, file: FileBytes): Promise<Partial<Inspected>> {
  if (!(is in WHOLE)) return {};
  if (file.size > MAX_WHOLE) return { trouble: `${file.size} bytes are too many for such a file` };
  const bytes = await file.read(0, file.size);
  return WHOLE[is as keyof typeof WHOLE](bytes);
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const WHOLE = {
  'tokenizer-json': (bytes: Uint8Array) => taken('tokenizer', readTokenizerJson(text(bytes))),
  'genie-config': (bytes: Uint8Array) => taken('genie', readGenieConfig(text(bytes))),
  'qnn-info': (bytes: Uint8Array) => taken('qnn', readQnnInfo(text(bytes))),
  'tokenizer-bin': (bytes: Uint8Array) => {
    const read = readTokenizerBin(bytes);
    return read.ok ? {} : { trouble: read.failure.detail ?? '' };
  },
  json: (bytes: Uint8Array) => {
    try {
      JSON.parse(text(bytes));
      return {};
    } catch (reason) {
      return { trouble: `no JSON: ${reason instanceof Error ? reason.message : ''}` };
    }
  },
};

/** A reader's answer as a field of `Inspected`, or as its trouble. */
function taken<Key extends keyof Inspected, T>(key: Key, result: Result<T>): Partial<Inspected> {
  return result.ok ? { [key]: result.value } : { trouble: result.failure.detail ?? '' };
}
