import type { InputRecipe } from '../domain/prepare';
import type { FamilyId } from '.';

interface Profile extends InputRecipe {
  readonly family: FamilyId;
}

/** Recipes by the names that the test vectors and the command line use. Parameters not named have their initial value. */
export const PROFILES = {
  'qwen2_5_vl/default': { family: 'qwen2.5-vl', params: {} },
  'qwen2_5_vl/1003520': { family: 'qwen2.5-vl', params: { max_pixels: 1_003_520 } },
  'qwen2_5_vl/256tok': { family: 'qwen2.5-vl', params: { max_pixels: 200_704 } },
  'qwen2_5_vl/min256tok': {
    family: 'qwen2.5-vl',
    params: { min_pixels: 200_704, max_pixels: 1_003_520 },
  },
  'qwen2_5_vl/256tok.tv': { family: 'qwen2.5-vl', params: { max_pixels: 200_704, backend: 'tv' } },
  'qwen3_vl/default': { family: 'qwen3-vl', params: {} },
  'qwen3_vl/256tok': { family: 'qwen3-vl', params: { max_pixels: 262_144 } },
  'qwen3_vl/256tok.tv': { family: 'qwen3-vl', params: { max_pixels: 262_144, backend: 'tv' } },
  'smolvlm/default': { family: 'smolvlm', params: {} },
  'smolvlm/1024': { family: 'smolvlm', params: { longest_edge: 1024 } },
  'smolvlm/512': { family: 'smolvlm', params: { longest_edge: 512 } },
  'smolvlm/nosplit': { family: 'smolvlm', params: { split: false } },
  'smolvlm/1024.tv': { family: 'smolvlm', params: { longest_edge: 1024, backend: 'tv' } },
  'smolvlm_et512/pil': { family: 'smolvlm-512', params: {} },
  'smolvlm_et512/tv': { family: 'smolvlm-512', params: { backend: 'tv' } },
  'smolvlm_et512/tv_bicubic': {
    family: 'smolvlm-512',
    params: { filter: 'bicubic', backend: 'tv' },
  },
  'internvl3/default': { family: 'internvl3', params: {} },
  'internvl3/max6': { family: 'internvl3', params: { max_patches: 6 } },
  'internvl3/max4.tv': { family: 'internvl3', params: { max_patches: 4, backend: 'tv' } },
  'internvl3_et448/pil': { family: 'internvl3-448', params: {} },
  'internvl3_et448/tv': { family: 'internvl3-448', params: { backend: 'tv' } },
  'fastvlm_u8/1024': { family: 'fastvlm-u8', params: {} },
  'fastvlm_pad/1024': { family: 'fastvlm-pad', params: {} },
  'llava15_hf/pil': { family: 'llava-1.5', params: {} },
  'llava15_hf/tv': { family: 'llava-1.5', params: { backend: 'tv' } },
  'llava15_pad/pil': { family: 'llava-1.5-pad', params: {} },
  'llava15_et/336': { family: 'llava-1.5-et', params: {} },
  'llamacpp/qwen2_5_vl': { family: 'llamacpp', params: {} },
  'llamacpp/qwen2_5_vl.256': { family: 'llamacpp', params: { max_pixels: 200_704 } },
  'llamacpp/qwen3_vl': {
    family: 'llamacpp',
    params: { align: 32, min_pixels: 8192, max_pixels: 4_194_304 },
  },
  'llamacpp/llava15': {
    family: 'llamacpp',
    params: { rule: 'fixed', size: 336, tokens: 576, align: 14, pad_color: '122,116,104' },
  },
} as const satisfies Record<string, Profile>;

/** The recipe of a profile, or of a family by its own name; undefined: there is none. */
export function findProfile(name: string): InputRecipe | undefined {
  return Object.hasOwn(PROFILES, name) ? PROFILES[name as keyof typeof PROFILES] : undefined;
}
