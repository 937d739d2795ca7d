import { QWEN_SYSTEM } from './template';

/** What a person asks, before any template. */
export interface Request {
  readonly prompt: string;
  /** Empty: none. */
  readonly system: string;
  readonly images: number;
}

/**
 * A runner that renders its prompt by itself: it gets plain text. What it makes of it is shown to people, never sent.
 * `IMAGE` stands where a picture's embeddings go, whatever the runner calls it.
 */
export interface RunnerTemplate {
  readonly title: string;
  /** Stands for a picture in the plain text; without any, the runner chooses the place. */
  readonly marker: string;
  rendered(request: Request): string;
}

/** Puts the pictures' text where the markers are; without markers, all of them at one end. */
function place(
  { prompt, images }: Request,
  marker: string,
  image: string,
  end: 'before' | 'after',
): string {
  if (prompt.includes(marker)) return prompt.replaceAll(marker, () => image);
  const all = image.repeat(images);
  return end === 'before' ? all + prompt : prompt + all;
}

const SMOL_IMAGE = '<fake_token_around_image><global-img><image><fake_token_around_image>';
const LLAVA_PRESET =
  "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human's questions. USER: ";

/** Source of all: pytorch/executorch qnn_multimodal_runner and llava_main; OmniInfer-VLM tools/mtmd/mtmd-cli.cpp. */
export const RUNNER_TEMPLATES = {
  /** With a system prompt it uses Llama 3's markers, which SmolVLM does not know: leave it empty. */
  'executorch-smolvlm': {
    title: 'ExecuTorch, SmolVLM',
    marker: '<image>',
    rendered: (request) =>
      `${request.system && `<|start_header_id|>system<|end_header_id|>\n\n${request.system}<|eot_id|>`}<|im_start|>User:${place(request, '<image>', SMOL_IMAGE, 'before')}<end_of_utterance>\nAssistant:`,
  },
  /** Note "user:", the missing line break before "assistant", and the empty system block: its own spelling. */
  'executorch-internvl3': {
    title: 'ExecuTorch, InternVL3',
    marker: '<image>',
    rendered: (request) =>
      `${request.system && `<|im_start|>system<|im_end|>\n\n${request.system}<|im_end|>`}<|im_start|>user:\n${place(request, '<image>', '<img><image></img>', 'before')}<|im_end|>assistant\n`,
  },
  /** Always this system turn; pictures come after the text. */
  'omniinfer-qwen2_5-vl': {
    title: 'OmniInfer, Qwen2.5-VL',
    marker: '<__media__>',
    rendered: (request) =>
      `<|im_start|>system\n${QWEN_SYSTEM}<|im_end|>\n<|im_start|>user\n${place(request, '<__media__>', '<|vision_start|><__media__><|vision_end|>', 'after')}<|im_end|>\n<|im_start|>assistant\n`,
  },
  /** The host has to end the question with " ASSISTANT:"; the picture always stands before it. */
  'executorch-llava15': {
    title: 'ExecuTorch, LLaVA-1.5',
    marker: '<image>',
    rendered: ({ prompt }) => `${LLAVA_PRESET}<image>${prompt} ASSISTANT:`,
  },
} as const satisfies Record<string, RunnerTemplate>;
export type RunnerTemplateId = keyof typeof RUNNER_TEMPLATES;
