import { QWEN_SYSTEM, chatml, withSystem, type Template } from './template';

/**
 * Source: apple/ml-fastvlm llava/conversation.py, "qwen_2". The host renders it: qnn-net-run and Genie get embeddings.
 * "<image>" is no token of the vocabulary; 256 embeddings go in its place.
 */
export const fastVlm: Template = {
  title: 'FastVLM',
  marker: '<image>',
  render: (turns) =>
    `${chatml(withSystem(turns, QWEN_SYSTEM), '<image>\n')}<|im_start|>assistant\n`,
  expand: undefined,
};
