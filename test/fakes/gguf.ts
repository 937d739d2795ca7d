/** Writes GGUF headers for tests. Format: ggml-org/ggml docs/gguf.md. */
const encoder = new TextEncoder();

export const u32 = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
export const u64 = (value: bigint) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
};
export const str = (text: string) => {
  const bytes = encoder.encode(text);
  return joined(u64(BigInt(bytes.byteLength)), bytes);
};
export const joined = (...parts: readonly Uint8Array[]) => {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
};

export const stringKey = (key: string, value: string) => joined(str(key), u32(8), str(value));
export const u32Key = (key: string, value: number) => joined(str(key), u32(4), u32(value));
export const boolKey = (key: string, value: boolean) =>
  joined(str(key), u32(7), new Uint8Array([value ? 1 : 0]));
/** An array that claims any length. `items` are what really stands there. */
export const arrayKey = (key: string, type: number, length: bigint, items: Uint8Array) =>
  joined(str(key), u32(9), u32(type), u64(length), items);

/** The head of a file with these keys, or with as many as `claimed`. */
export const gguf = (keys: readonly Uint8Array[], version = 3, tensors = 1n, claimed?: bigint) =>
  joined(
    encoder.encode('GGUF'),
    u32(version),
    u64(tensors),
    u64(claimed ?? BigInt(keys.length)),
    ...keys,
  );
