import data from './curated-models.json';

/** A model that others use on phones. Nobody could load it where this list was made. */
export interface CuratedModel {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly licence: string;
  readonly language: CuratedFile;
  readonly vision: CuratedFile;
}

interface CuratedFile {
  /** At one commit, where that was found. */
  readonly url: string;
  readonly bytes: number;
  /** Only where public projects record it, at least two of them alike. */
  readonly sha256?: string;
}

/**
 * Not verified by us: there was no network but the package registries. Sizes, commits and hashes are those that public
 * repositories record for these files (found by searching them for the file names and hashes, 21 November 2026);
 * Hugging Face is asked again before anything is loaded, and a file with other bytes is refused.
 */
export const CURATED: readonly CuratedModel[] = data;

/** Bytes of both files. */
export const sizeOf = ({ language, vision }: CuratedModel): number => language.bytes + vision.bytes;
