import type { createSHA256 } from 'hash-wasm';

export type Hasher = Awaited<ReturnType<typeof createSHA256>>;

/** A place in a file that is on its way: how many of its bytes, and the state of sha256 over them (base64). */
export interface Mark {
  readonly bytes: number;
  readonly state: string;
}

const MIB = 1 << 20;

/**
 * How far apart the marks of a file are, bytes: an eighth of it, at least 1 MiB, at most 16 MiB. So much is sent again after a
 * cut, and what had no time to be noted; closer marks would cost more commands than they save bytes.
 */
export const markStep = (fileBytes: number): number =>
  Math.min(16, Math.max(1, Math.floor(fileBytes / 8 / MIB))) * MIB;

/** As `createSHA256` of hash-wasm, which is loaded only when something is installed. */
export async function newHasher(): Promise<Hasher> {
  const { createSHA256 } = await import('hash-wasm');
  return createSHA256();
}

/** The mark of a hasher that has seen `bytes` bytes. */
export const markOf = (bytes: number, hasher: Hasher): Mark => ({
  bytes,
  state: btoa(String.fromCharCode(...hasher.save())),
});

/** A hasher that goes on from a mark; nothing when its state is none (it was damaged, or another version's). */
export async function hasherAt({ state }: Mark): Promise<Hasher | undefined> {
  const hasher = await newHasher();
  try {
    return hasher.load(Uint8Array.from(atob(state), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Marks are kept on the phone beside the part, a line each. */
export const markLine = (sha256: string, { bytes, state }: Mark): string =>
  `${sha256} ${bytes} ${state}`;

/** By file, the last mark that lies in what the phone has of it. `partBytes`: sizes of the parts by sha256. */
export function lastMarks(
  lines: string,
  partBytes: ReadonlyMap<string, number>,
): ReadonlyMap<string, Mark> {
  const last = new Map<string, Mark>();
  for (const [, sha256 = '', bytes, state = ''] of lines.matchAll(LINE)) {
    const mark = { bytes: Number(bytes), state };
    const there = partBytes.get(sha256) ?? 0;
    if (mark.bytes <= there && mark.bytes > (last.get(sha256)?.bytes ?? 0)) last.set(sha256, mark);
  }
  return last;
}

/** A state of sha256 is little more than 100 bytes. */
const LINE = /^([0-9a-f]{64}) ([1-9]\d{0,14}) ([A-Za-z0-9+/]{100,300}={0,2})\r?$/gm;
