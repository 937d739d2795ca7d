import { QWEN_SYSTEM, chatml, withSystem, type Template } from './template';

const IMAGE = '<|vision_start|><|image_pad|><|vision_end|>';

/** Source: Qwen/Qwen2.5-VL-3B-Instruct chat_template.json. Without a system turn it inserts one. */
export const qwen2_5Vl: Template = {
  title: 'Qwen2.5-VL',
  marker: '<|image_pad|>',
  render: (turns) => `${chatml(withSystem(turns, QWEN_SYSTEM), IMAGE)}<|im_start|>assistant\n`,
  expand: ({ imageTokens = 0 }) => '<|image_pad|>'.repeat(imageTokens),
};
