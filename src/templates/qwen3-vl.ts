import { qwen2_5Vl } from './qwen2_5-vl';
import { chatml, type Template } from './template';

const IMAGE = '<|vision_start|><|image_pad|><|vision_end|>';

/** Source: Qwen/Qwen3-VL-4B-Instruct chat_template.json. No system turn of its own. */
export const qwen3Vl: Template = {
  ...qwen2_5Vl,
  title: 'Qwen3-VL',
  render: (turns) => `${chatml(turns, IMAGE)}<|im_start|>assistant\n`,
};

/** The thinking variants begin the answer with a thought. */
export const qwen3VlThinking: Template = {
  ...qwen3Vl,
  title: 'Qwen3-VL, thinking',
  render: (turns) => `${qwen3Vl.render(turns)}<think>\n`,
};
