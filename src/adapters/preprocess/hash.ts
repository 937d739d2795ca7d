/** sha256 in hex. The bytes are copied before the first wait: they may be overwritten meanwhile. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = crypto as { subtle?: SubtleCrypto }; // missing on pages that are not secure
  if (subtle) return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes)));
  const copy = bytes.slice();
  const { sha256: slow } = await import('hash-wasm');
  return slow(copy);
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
