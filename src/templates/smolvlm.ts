import { joinParts, type PictureTokens, type Template, type Turn } from './template';

const FAKE = '<fake_token_around_image>';
const FRAME = '<image>'.repeat(64);

const role = ({ role }: Turn) => role.charAt(0).toUpperCase() + role.slice(1);
/** No blank after the colon when the turn begins with a picture. */
const colon = ({ parts }: Turn) => (parts[0]?.kind === 'image' ? ':' : ': ');

/** Source: HuggingFaceTB/SmolVLM-500M-Instruct chat_template.json; transformers processing_smolvlm.py. */
export const smolVlm: Template = {
  title: 'SmolVLM, Idefics3',
  marker: '<image>',
  render: (turns) =>
    `<|im_start|>${turns
      .map((turn) => `${role(turn)}${colon(turn)}${joinParts(turn, '<image>')}<end_of_utterance>\n`)
      .join('')}Assistant:`,
  expand: ({ tiles }) => `${tileRows(tiles)}${FAKE}<global-img>${FRAME}${FAKE}`,
};

/** Every row of tiles on a line of its own, then an empty line; nothing for a picture that stays whole. */
function tileRows(tiles: PictureTokens['tiles']): string {
  const columns = tiles.filter(({ y }) => y === tiles[0]?.y).length;
  const cells = tiles.map((_, i) => {
    const column = (i % columns) + 1;
    const row = (i - column + 1) / columns + 1;
    return `${FAKE}<row_${row}_col_${column}>${FRAME}${column === columns ? '\n' : ''}`;
  });
  return cells.length > 0 ? `${cells.join('')}\n` : '';
}
