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

/** One tensor's description: type 0 is f32, 1 f16, 8 q8_0, 12 q4_K. */
export const tensorInfo = (name: string, shape: readonly number[], type: number, offset: number) =>
  joined(
    str(name),
    u32(shape.length),
    ...shape.map((side) => u64(BigInt(side))),
    u32(type),
    u64(BigInt(offset)),
  );

/** A header with these keys and tensors' descriptions, padded, and then `data` bytes of zeros. */
export function ggufFile(
  keys: readonly Uint8Array[],
  infos: readonly Uint8Array[],
  data: number,
): Uint8Array<ArrayBuffer> {
  const head = joined(gguf(keys, 3, BigInt(infos.length)), ...infos);
  const file = new Uint8Array(Math.ceil(head.byteLength / 32) * 32 + data);
  file.set(head);
  return file;
}

/** Heads of a language model and an mmproj that belong together: width 64, 2 layers, one q8_0 tensor each. */
export const pairKeys: Record<'language' | 'vision', readonly Uint8Array[]> = {
  language: [
    stringKey('general.architecture', 'llama'),
    stringKey('general.name', 'Small one'),
    stringKey('general.license', 'apache-2.0'),
    u32Key('general.file_type', 7),
    u32Key('llama.context_length', 8192),
    u32Key('llama.embedding_length', 64),
    u32Key('llama.block_count', 2),
    u32Key('llama.attention.head_count', 4),
    u32Key('llama.attention.head_count_kv', 2),
    u32Key('llama.feed_forward_length', 128),
    arrayKey('tokenizer.ggml.tokens', 8, 3n, joined(str('a'), str('b'), str('c'))),
    stringKey('tokenizer.chat_template', '{{ messages }}'),
  ],
  vision: [
    stringKey('general.architecture', 'clip'),
    boolKey('clip.has_vision_encoder', true),
    stringKey('clip.projector_type', 'idefics3'),
    u32Key('clip.vision.image_size', 512),
    u32Key('clip.vision.patch_size', 16),
    u32Key('clip.vision.embedding_length', 32),
    u32Key('clip.vision.feed_forward_length', 64),
  ],
};
export const pairTensors: typeof pairKeys = {
  language: [tensorInfo('token_embd.weight', [64, 3], 8, 0)],
  vision: [tensorInfo('mm.model.fc.weight', [32, 64], 1, 0)],
};
