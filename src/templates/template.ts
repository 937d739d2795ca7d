import type { InputPlan } from '../domain/prepare';

/** One turn of a conversation. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly Part[];
}
export type Part = { readonly kind: 'image' } | { readonly kind: 'text'; readonly text: string };

/** What an expansion needs to know of a prepared picture. */
export type PictureTokens = Pick<InputPlan, 'imageTokens' | 'tiles'>;

/** A family's chat template: data plus two pure functions. README.md says how to add one. */
export interface Template {
  readonly title: string;
  /** Stands for one picture in the rendered text. */
  readonly marker: string;
  /** The conversation as text, up to where the answer begins. Text parts are taken as they are: check them first. */
  render(turns: readonly Turn[]): string;
  /**
   * What one picture's marker becomes before the text is tokenised. Undefined: the marker is no token, the picture's
   * embeddings go in its place and the text around it is tokenised piece by piece.
   */
  readonly expand: ((picture: PictureTokens) => string) | undefined;
}

/** Text and markers of a turn, in order, nothing between. */
export const joinParts = (turn: Turn, image: string): string =>
  turn.parts.map((part) => (part.kind === 'image' ? image : part.text)).join('');

/** ChatML: Qwen's and InternVL's way to write turns. */
export const chatml = (turns: readonly Turn[], image: string): string =>
  turns.map((turn) => `<|im_start|>${turn.role}\n${joinParts(turn, image)}<|im_end|>\n`).join('');

/** A system turn with this text where the conversation has none. */
export const withSystem = (turns: readonly Turn[], text: string): readonly Turn[] =>
  turns[0]?.role === 'system'
    ? turns
    : [{ role: 'system', parts: [{ kind: 'text', text }] }, ...turns];

/** What Qwen2 was trained with. */
export const QWEN_SYSTEM = 'You are a helpful assistant.';
