import type { Item } from '../recipe';
import { hasVision, isPte } from './about';

/** Model files that several pipelines have in common. */
export const TOKENIZER_JSON: Item = {
  ...{ key: 'tokenizer', names: ['tokenizer.json'], is: 'tokenizer-json', role: 'tokenizer' },
  from: 'the model’s page on Hugging Face, tokenizer.json; the exporter leaves a copy beside the .pte',
};

export const LANGUAGE_GGUF: Item = {
  ...{ key: 'language', names: ['*.gguf'], is: 'gguf', role: 'language' },
  suits: ({ gguf }) => gguf !== undefined && gguf.architecture !== 'clip',
  from: 'convert_hf_to_gguf.py of llama.cpp, or the model’s page on Hugging Face',
};

export const MMPROJ_GGUF: Item = {
  ...{ key: 'mmproj', names: ['mmproj*.gguf', '*mmproj*.gguf', '*.gguf'], is: 'gguf' },
  ...{ role: 'vision', suits: ({ gguf }) => gguf !== undefined && hasVision(gguf) },
  from: 'convert_hf_to_gguf.py --mmproj of llama.cpp, or the model’s page on Hugging Face',
};

export const decoderPte = (from: string): Item => ({
  ...{ key: 'decoder', names: ['hybrid_llama_qnn.pte', 'kv_llama_qnn.pte', '*.pte'], is: 'pte' },
  ...{ role: 'decoder', from, suits: isPte('hybrid-decoder', 'kv-decoder') },
});
