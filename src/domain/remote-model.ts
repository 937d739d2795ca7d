import type { BundleSource } from './bundle';
import type { PairFacts } from './model-check';
import type { Result } from './result';

/** A GGUF file at an address, as far as it is known without loading it. */
export interface RemoteFile {
  /** At Hugging Face with the commit in it, so that it means the same file for good. */
  readonly url: string;
  /** Its name in the repository, or the last part of the address. */
  readonly name: string;
  readonly bytes: number | undefined;
  /** What it must be. */
  readonly sha256: string | undefined;
  /** Who said what it must be: the link or list that led here, or Hugging Face. */
  readonly saidBy: 'link' | 'hub' | undefined;
  /** ETag or Last-Modified of the answer that its head was read from. */
  readonly validator?: string | undefined;
}

/** What one or two addresses lead to. Each list may have several: a repository holds many quantisations. */
export interface Listing {
  readonly language: readonly RemoteFile[];
  readonly vision: readonly RemoteFile[];
  /** The pair to try first. */
  readonly chosen: { readonly language: RemoteFile; readonly vision: RemoteFile | undefined };
  /** As Hugging Face tells it, for example "apache-2.0". */
  readonly licence: string | undefined;
}

/** A pair that was looked at and can be used. */
export interface ModelOffer {
  readonly language: RemoteFile & { readonly bytes: number };
  readonly vision: RemoteFile & { readonly bytes: number };
  readonly facts: PairFacts;
  readonly licence: string | undefined;
}

/** Models at addresses. Implemented by adapters/browser; nothing but heads is read before `source`'s streams are. */
export interface RemoteModels {
  /**
   * Finds the files behind what a person pasted: links of files, or of a repository at Hugging Face. An empty `vision`: the
   * mmproj beside the language model. Failures: address-invalid, address-refused, model-split, model-invalid,
   * hash-mismatch (link and hub disagree), bundle-unreachable, cancelled.
   */
  list(language: string, vision: string, signal: AbortSignal): Promise<Result<Listing>>;
  /** Reads both heads, by Range, a few megabytes at most. Failures: those of `checkPair` and of loading. */
  inspect(
    pair: {
      readonly language: RemoteFile;
      readonly vision: RemoteFile;
      readonly licence?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<Result<ModelOffer>>;
  /**
   * Makes a bundle of it. Where nobody says what a file must be, it is read once to be hashed, without being kept; `onBytes`
   * is told how many bytes were read so. Failures: those of loading.
   */
  source(
    offer: ModelOffer,
    onBytes: (doneBytes: number) => void,
    signal: AbortSignal,
  ): Promise<Result<BundleSource>>;
}
