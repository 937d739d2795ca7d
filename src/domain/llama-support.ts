import data from './llama-support.json';

/** What a build of llama.cpp can load. */
export interface LlamaSupport {
  /** Commit of llama.cpp that this was read from: the one our runner is built from. */
  readonly commit: string;
  /** Values of general.architecture of a language model. */
  readonly architectures: readonly string[];
  /** Values of clip.projector_type, audio ones included. */
  readonly projectors: readonly string[];
  /** Number of a tensor's type in a file, to its name, elements of a block, bytes of a block. */
  readonly types: Readonly<
    Record<string, readonly [name: string, elements: number, bytes: number]>
  >;
  /** Value of general.file_type, to the quantisation's name. */
  readonly fileTypes: Readonly<Record<string, string>>;
}

/** Read out of the pinned source by src/cli/payload-support.ts; a test compares it with that source where it is at hand. */
export const LLAMA_SUPPORT = data as unknown as LlamaSupport;
