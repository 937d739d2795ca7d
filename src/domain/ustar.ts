/**
 * A tar archive in the ustar format: a header of 512 bytes for each entry, then its bytes, filled up to 512; two
 * empty blocks end it. Numbers are octal digits.
 * Source: POSIX.1-2024, pax, "ustar Interchange Format"; read by toybox (landley/toybox toys/posix/tar.c).
 */
export type TarEntry =
  | { readonly path: string; readonly data: Uint8Array; readonly mode: number }
  | { readonly path: string; readonly target: string };

const BLOCK_BYTES = 512;
/** As mtime of every entry: a date that no tool warns of. 9 September 2001. */
const MTIME_SECONDS = 1_000_000_000;
/** Field sizes of the header. */
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/** Whether names are short enough for the format. Only ASCII names are asked for here. */
export const fitsTar = (path: string, target = ''): boolean =>
  splitName(path) !== undefined && target.length <= NAME_BYTES;

/** Header, bytes and filling of one entry. Throws (a bug) when `fitsTar` says no. */
export function tarEntry(entry: TarEntry): Uint8Array {
  const data = 'data' in entry ? entry.data : new Uint8Array();
  const blocks = Math.ceil(data.byteLength / BLOCK_BYTES);
  const bytes = new Uint8Array((1 + blocks) * BLOCK_BYTES);
  bytes.set(header(entry, data.byteLength));
  bytes.set(data, BLOCK_BYTES);
  return bytes;
}

/** What ends an archive. */
export const tarEnd = (): Uint8Array => new Uint8Array(2 * BLOCK_BYTES);

function header(entry: TarEntry, size: number): Uint8Array {
  const name = splitName(entry.path);
  const link = 'target' in entry;
  if (!name || (link && entry.target.length > NAME_BYTES))
    throw new Error(`"${entry.path}" is too long for a tar archive`);
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  put(0, name.name);
  put(100, octal(link ? 0o777 : entry.mode, 7));
  put(108, octal(0, 7)); // uid and gid: whoever unpacks owns it
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(MTIME_SECONDS, 11));
  put(148, ' '.repeat(8)); // the checksum counts itself as blanks
  put(156, link ? '2' : '0');
  if (link) put(157, entry.target);
  put(257, 'ustar\x0000');
  put(345, name.prefix);
  put(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return block;
}

/** A long path is parted at a slash into prefix and name. */
function splitName(path: string): { prefix: string; name: string } | undefined {
  if (path.length <= NAME_BYTES) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - NAME_BYTES - 1);
  return slash > 0 && slash <= PREFIX_BYTES
    ? { prefix: path.slice(0, slash), name: path.slice(slash + 1) }
    : undefined;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
