/** Width and height of a PNG by its first chunk; undefined: not a PNG. Source: PNG specification, 11.2.2. */
export function readPngSize(
  bytes: Uint8Array,
): { readonly width: number; readonly height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452)
    return undefined;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
