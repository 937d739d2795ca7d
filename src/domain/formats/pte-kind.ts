import type { PteFile, PteMethod } from './pte';

/** What an ExecuTorch program is for. */
export type PteKind =
  'llava' | 'hybrid-decoder' | 'kv-decoder' | 'embedding' | 'encoder' | 'unknown';

export const PTE_NAMES: Readonly<Record<PteKind, string>> = {
  llava: "LLaVA's single program (vision_encoder, token_embedding, text decoder)",
  'hybrid-decoder': 'a hybrid text decoder (prefill_forward and kv_forward)',
  'kv-decoder': 'a text decoder in kv mode',
  embedding: 'a token embedding',
  encoder: 'a vision encoder',
  unknown: 'a program with other methods',
};

/**
 * Tells by methods and shapes. Sources: pytorch/executorch examples/models/llava/export_llava.py,
 * examples/qualcomm/oss_scripts/llama/llama.py and its wrappers, as device-side runners ask for them.
 */
export function pteKind({ methods }: PteFile): PteKind {
  const has = (name: string) => methods.some((method) => method.name === name);
  if (has('vision_encoder') && has('token_embedding')) return 'llava';
  if (has('tok_embedding_kv_forward') || has('tok_embedding_prefill_forward')) return 'embedding';
  if (has('prefill_forward') && has('kv_forward')) return 'hybrid-decoder';
  if (has('kv_forward') || has('get_n_layers')) return 'kv-decoder';
  const forward = methods.find(({ name }) => name === 'forward');
  return forward ? byShape(forward) : 'unknown';
}

function byShape({ inputs, outputs }: PteMethod): PteKind {
  const [input] = inputs;
  if (input?.sizes.length === 4 && input.dtype === 'float32') return 'encoder';
  const ids = input?.dtype === 'int32' || input?.dtype === 'int64';
  if (inputs.length === 1 && ids && outputs[0]?.sizes.length === 3) return 'embedding';
  return 'unknown';
}
