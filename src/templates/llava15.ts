import type { Template, Turn } from './template';

const speaker = ({ role }: Turn) => (role === 'system' ? '' : `${role.toUpperCase()}: `);
const images = ({ parts }: Turn) => parts.map(({ kind }) => (kind === 'image' ? '<image>\n' : ''));
const texts = ({ parts }: Turn) =>
  parts.map((part) => (part.kind === 'text' ? `${part.text} ` : ''));

/**
 * Source: llava-hf/llava-1.5-7b-hf chat_template.json. A turn's pictures come before its text; every text gets a blank.
 * The beginning of sequence, <s>, is the tokenizer's to add.
 */
export const llava15: Template = {
  title: 'LLaVA-1.5',
  marker: '<image>',
  render: (turns) =>
    `${turns
      .map((turn) => speaker(turn) + images(turn).join('') + texts(turn).join(''))
      .join('')}ASSISTANT:`,
  expand: ({ imageTokens = 0 }) => '<image>'.repeat(imageTokens),
};
