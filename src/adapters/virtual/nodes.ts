export interface PhoneFile {
  readonly kind: 'file';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  size: number;
  /** Content in order; never copied, never changed after it was added. */
  chunks: readonly Uint8Array[];
  /** False once it was removed; what is still appended then takes no space. */
  linked: boolean;
  /** Makes the content anew at each read (files of /proc and /sys). */
  readonly make?: () => string;
}
export interface PhoneDirectory {
  readonly kind: 'directory';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  readonly entries: Map<string, PhoneEntry>;
}
export interface PhoneLink {
  readonly kind: 'link';
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  /** As it was given: absolute, or relative to the link's own folder. */
  readonly target: string;
}
/** What a path leads to, links followed. */
export type PhoneNode = PhoneFile | PhoneDirectory;
/** What stands in a folder. */
export type PhoneEntry = PhoneNode | PhoneLink;

/** Size in bytes, as stat says it (0 for generated files, as in /proc). */
export function sizeOf(node: PhoneEntry): number {
  if (node.kind === 'link') return new TextEncoder().encode(node.target).length;
  return node.kind === 'file' ? node.size : 4096;
}
