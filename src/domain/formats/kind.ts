import { latin1 } from './ranged';

/** Beginnings that tell what a file is, whatever its name says; the first that fits. */
const BEGINNINGS = [
  { is: 'elf', name: 'an ELF program or library', at: 0, text: '\x7fELF' },
  { is: 'gguf', name: 'a GGUF model', at: 0, text: 'GGUF' },
  { is: 'pte', name: 'an ExecuTorch program', at: 4, text: 'ET1' },
  {
    is: 'lfs',
    name: 'a Git LFS pointer, not the file itself',
    at: 0,
    text: 'version https://git-lfs',
  },
  { is: 'zip', name: 'a ZIP archive (a DLC, an AAR or a PyTorch file)', at: 0, text: 'PK\x03\x04' },
  { is: 'gzip', name: 'a gzip archive', at: 0, text: '\x1f\x8b' },
  { is: 'pe', name: 'a Windows program or library', at: 0, text: 'MZ' },
  { is: 'macho', name: 'a macOS program or library', at: 0, text: '\xcf\xfa\xed\xfe' },
  { is: 'archive', name: 'a static library', at: 0, text: '!<arch>' },
  { is: 'html', name: 'a web page', at: 0, text: '<' },
  { is: 'json', name: 'JSON', at: 0, text: '{' },
] as const;

export type FileKind = (typeof BEGINNINGS)[number]['is'] | 'other';

/** Bytes that `fileKind` wants to see. */
export const KIND_BYTES = 64;

/** Names what a file is by its first bytes. "other": a format without a mark, such as raw numbers or a QNN context. */
export function fileKind(head: Uint8Array): { readonly is: FileKind; readonly name: string } {
  const start = latin1(head.subarray(0, KIND_BYTES));
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart(); // JSON and HTML may begin with a mark or space
  const found = BEGINNINGS.find(({ is, at, text: mark }) =>
    (is === 'json' || is === 'html' ? text : start).startsWith(mark, at),
  );
  return found ?? { is: 'other', name: 'of no known kind' };
}
