import { chatml, type Template } from './template';

/**
 * Source: OpenGVLab/InternVL3-1B-hf chat_template.json; transformers processing_internvl.py. Older conversions write
 * "<image>\n". No system turn of its own; the original repository's code inserts a Chinese one.
 */
export const internVl3: Template = {
  title: 'InternVL3',
  marker: '<IMG_CONTEXT>',
  render: (turns) => `${chatml(turns, '<IMG_CONTEXT>\n')}<|im_start|>assistant\n`,
  expand: ({ imageTokens = 0 }) => `<img>${'<IMG_CONTEXT>'.repeat(imageTokens)}</img>`,
};
