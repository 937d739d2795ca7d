import type { BundleFile } from '../domain/bundle';
import { DEVICE_ROOT, quote, type Device } from '../domain/device';
import { ok, type Result } from '../domain/result';
import { lastMarks, type Mark } from './mark';
import { script } from './script';

/** What of a bundle lies on a phone. */
export interface OnPhone {
  /** Proved to be there, by sha256. */
  readonly whole: ReadonlySet<string>;
  /** There and of the right size, but changed since they were verified. */
  readonly doubtful: ReadonlySet<string>;
  /** Files on their way. */
  readonly parts: ReadonlyMap<string, Part>;
  /** What lies in tmp/ and is not of this bundle. */
  readonly strays: readonly Stray[];
  readonly freeBytes: number | undefined;
  readonly hasTar: boolean;
}

/** The beginning of a file. Nothing of it is proved. */
export interface Part {
  readonly bytes: number;
  /** From where the file can be gone on with when the bytes before prove to be right. */
  readonly mark: Mark | undefined;
}

export interface Stray {
  readonly name: string;
  /** Since the last byte was written, on the phone's clock. */
  readonly ageSeconds: number;
}

/**
 * A verified file gets this time of modification, which no writing gives: who changes the file changes it, and the file is
 * hashed again. Whoever sets it back on purpose is not noticed. 9 September 2001, 01:46:40 UTC.
 */
const SEAL_SECONDS = 1_000_000_000;
/** Puts the seal on files, in the form of `touch` that every phone has. To be done before hashing: what is written later breaks it. */
export const SEAL = 'TZ=UTC0 touch -t 200109090146.40';

/** Files up to this size are hashed whenever one looks; of larger ones the seal is trusted. */
const SMALL_BYTES = 256 << 10;
export const isSmall = ({ bytes }: BundleFile): boolean => bytes <= SMALL_BYTES;

export const TMP = `${DEVICE_ROOT}/tmp`;
export const FILES = `${DEVICE_ROOT}/files`;
/** Our folders, made. */
export const MAKE_FOLDERS = `mkdir -p ${['files', 'tmp', 'bundles', 'runs'].map((name) => `${DEVICE_ROOT}/${name}`).join(' ')}`;

/** Looks, in one command. It changes nothing, but for what `first` does. */
export async function look(
  device: Device,
  files: readonly BundleFile[],
  signal: AbortSignal,
  first = ':',
): Promise<Result<OnPhone>> {
  const output = await script(device, `${first} || exit $?\n${lookScript(files)}`, signal);
  if (!output.ok) return output;
  const [stored = '', hashes = '', parts = '', notes = '', now = '', tar = '', df = ''] =
    output.value.split(/^@\r?\n/m);
  const seen = new Map(listed(stored).map((entry) => [entry.name, entry]));
  const right = files.filter(({ sha256, bytes }) => seen.get(sha256)?.bytes === bytes);
  const hashed = new Set([...hashes.matchAll(HASH_LINE)].map(([, sha256]) => sha256));
  const proved = (file: BundleFile) =>
    isSmall(file) ? hashed.has(file.sha256) : seen.get(file.sha256)?.seconds === SEAL_SECONDS;
  const under = listed(parts);
  const begun = under.filter(({ name }) => name.endsWith('.part'));
  const sizes = new Map(begun.map(({ name, bytes }) => [name.slice(0, 64), bytes]));
  const marks = lastMarks(notes, sizes);
  const wanted = new Set(files.map(({ sha256 }) => sha256));
  return ok({
    whole: new Set(right.filter(proved).map(({ sha256 }) => sha256)),
    doubtful: new Set(
      right.filter((file) => !isSmall(file) && !proved(file)).map(({ sha256 }) => sha256),
    ),
    parts: new Map([...sizes].map(([name, bytes]) => [name, { bytes, mark: marks.get(name) }])),
    strays: under
      .filter(({ name }) => !wanted.has(name.replace(/\.(part|note)$/, '')))
      .map(({ name, seconds }) => ({ name, ageSeconds: Number(now) - seconds })),
    freeBytes: freeBytes(df),
    hasTar: tar.trim() !== '',
  });
}

/** Free bytes as `df -k` tells them. */
export function freeBytes(df: string): number | undefined {
  const kib = /^\S+\s+\d+\s+\d+\s+(\d+)\s/m.exec(df)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Deletes strays, by name. */
export const removeStrays = (strays: readonly Stray[]): string =>
  `cd ${TMP} && rm -rf ${strays.map(({ name }) => quote(`./${name}`)).join(' ')}`;

const HASH_LINE = /^([0-9a-f]{64}) [ *]\1\r?$/gm;
const STAT_LINE = /^(\S+) (\d+) (\d+)\r?$/gm;

const listed = (text: string) =>
  [...text.matchAll(STAT_LINE)].map(([, name = '', bytes, seconds]) => ({
    name,
    bytes: Number(bytes),
    seconds: Number(seconds),
  }));

function lookScript(files: readonly BundleFile[]): string {
  const names = [...new Set(files.map(({ sha256 }) => sha256))];
  const small = files.filter(isSmall).map(({ sha256 }) => sha256);
  const large = files.filter((file) => !isSmall(file)).map(({ sha256 }) => sha256);
  const quiet = (command: string, args: readonly string[]) =>
    args.length > 0 ? `${command} ${args.join(' ')} 2>/dev/null` : ':';
  return [
    `cd ${FILES} 2>/dev/null`,
    quiet("stat -c '%n %s %Y'", names),
    'echo @',
    quiet('sha256sum', small),
    `echo @; cd ${TMP} 2>/dev/null && stat -c '%n %s %Y' * 2>/dev/null`,
    'echo @',
    quiet(
      'cat',
      large.map((sha256) => `${sha256}.note`),
    ),
    `echo @; date +%s; echo @; command -v tar`,
    `echo @; df -k ${DEVICE_ROOT} 2>/dev/null; true`,
  ].join('\n');
}
