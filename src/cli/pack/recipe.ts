import type { BundleFile, BundleFacts, Manifest } from '../../domain/bundle';
import type { Finding } from './findings';
import type { Inspected } from './inspect';

/** Which files a pipeline needs and where they come from: data and pure functions. */
export interface Recipe {
  /** The pipeline's id. */
  readonly id: string;
  readonly title: string;
  readonly runner: Part;
  readonly model: Part;
}

/** One bundle of a recipe. */
export interface Part {
  readonly kind: Manifest['kind'];
  readonly id: string;
  readonly title: string;
  /** SPDX expression; vendor files have none of their own. */
  readonly licence: string;
  readonly origin: string;
  /** Is it built for one Hexagon? "optional": only when an arch is asked for. */
  readonly npu: 'required' | 'optional' | 'none';
  /** It needs the version of the QNN (QAIRT) SDK. */
  readonly qnn: boolean;
  readonly items: readonly Item[];
  /** What its files say together. */
  describe(files: readonly Inspected[], target: Target): Description;
}

export interface Description {
  readonly findings: readonly Finding[];
  readonly facts?: BundleFacts;
  readonly model?: Manifest['model'];
  readonly title?: string;
  readonly memoryBytes?: number;
}

/** What the bundle is for. */
export interface Target {
  readonly socs: readonly string[];
  /** Hexagon generations, "v75". */
  readonly archs: readonly string[];
}

/** What a file must be. */
export type Expect =
  | 'program'
  | 'library'
  | 'stub'
  | 'skel'
  | 'pte'
  | 'gguf'
  | 'tokenizer-json'
  | 'tokenizer-bin'
  | 'genie-config'
  | 'qnn-info'
  | 'json'
  | 'qnn-context'
  | 'raw';

/** One file, or several of one kind. */
export interface Item {
  /** What `--file KEY=PATH` calls it. */
  readonly key: string;
  /** Base names, best first; "*" stands for anything, "NN" for the Hexagon's number: one file per arch. */
  readonly names: readonly string[];
  /** Endings of folders where it is looked for first; "NN" as above. */
  readonly folders?: readonly string[];
  readonly is: Expect;
  readonly role: BundleFile['role'];
  /** Folder in the bundle; absent: its top. */
  readonly into?: string;
  /** Its name in the bundle, where programs ask for it by name; absent: the name it has. */
  readonly as?: string;
  /** All that match are taken, not one. */
  readonly many?: boolean;
  /** Of several that fit by name: is it this one? */
  readonly suits?: (file: Inspected) => boolean;
  /** Only in a bundle with a Hexagon arch (parts whose `npu` is "optional"). */
  readonly onlyNpu?: boolean;
  /** Present: may be missing, and this is lost; empty: nothing worth a word. */
  readonly optional?: string;
  /** Where such a file comes from. */
  readonly from: string;
  /** What is true of it because it fills this item. */
  readonly facts?: BundleFacts;
  /** Texts that are looked for in it, for `describe`. */
  readonly marks?: readonly string[];
}

/** Stands for the Hexagon's number, as in "hexagon-vNN" and "HtpVNNSkel"; "QNN" does not. */
const NUMBER = /(?<=[vV])NN/g;

/** An item for one arch: no "NN" left. */
export function expand(
  item: Item,
  archs: readonly string[],
): readonly (Item & { readonly arch?: string })[] {
  if (!item.names.some((name) => name.search(NUMBER) >= 0)) return [item];
  return archs.map((arch) => {
    const fill = (text: string) => text.replace(NUMBER, arch.slice(1));
    const [names, folders] = [item.names.map(fill), (item.folders ?? []).map(fill)];
    return { ...item, arch, names, folders, from: fill(item.from) };
  });
}

/** Does this base name fit "libfoo*.so"? */
export function matches(pattern: string, name: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(name);
}
