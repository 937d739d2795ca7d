import type { BundleFile } from '../domain/bundle';

/**
 * Progress over all files of a bundle: bytes that are on the phone. `totalBytes` never changes, and `doneBytes` is
 * there only when every file was verified. It falls in one case: bytes on the phone turned out wrong and are sent again.
 */
export interface InstallEvent {
  readonly kind: 'look' | 'send' | 'verify';
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes that were on the phone already. Part of `doneBytes`. */
  readonly skippedBytes: number;
  /** Path inside the bundle of the file at hand. */
  readonly file: string | undefined;
}

/** Keeps account of what is on the phone, file by file; the same bytes under two paths count twice. */
export class Tally {
  readonly totalBytes: number;
  readonly #files: readonly BundleFile[];
  readonly #there = new Map<string, number>();
  readonly #skipped = new Map<string, number>();

  constructor(files: readonly BundleFile[]) {
    this.#files = files;
    this.totalBytes = sum(files);
  }

  /** The first `bytes` bytes of a file are on the phone, not verified as a whole: never all of it. */
  part({ sha256, bytes: whole }: BundleFile, bytes: number): void {
    this.#there.set(sha256, Math.min(bytes, whole - 1));
  }

  whole({ sha256, bytes }: BundleFile): void {
    this.#there.set(sha256, bytes);
  }

  /** These many bytes of a file were on the phone before, it seems; none after all, when they turn out wrong. */
  found(file: BundleFile, bytes: number): void {
    this.part(file, bytes);
    this.#skipped.set(file.sha256, bytes);
  }

  at(kind: InstallEvent['kind'], file?: BundleFile): InstallEvent {
    const [doneBytes, skippedBytes] = [this.#sum(this.#there), this.#sum(this.#skipped)];
    return { kind, doneBytes, totalBytes: this.totalBytes, skippedBytes, file: file?.path };
  }

  #sum(bytes: ReadonlyMap<string, number>): number {
    return this.#files.reduce((total, { sha256 }) => total + (bytes.get(sha256) ?? 0), 0);
  }
}

export const sum = (files: readonly BundleFile[]) =>
  files.reduce((total, { bytes }) => total + bytes, 0);
