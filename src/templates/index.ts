import { fail, ok, type Result } from '../domain/result';
import { fastVlm } from './fastvlm';
import { internVl3 } from './internvl3';
import { llava15 } from './llava15';
import { qwen2_5Vl } from './qwen2_5-vl';
import { qwen3Vl, qwen3VlThinking } from './qwen3-vl';
import { smolVlm } from './smolvlm';
import type { PictureTokens, Template, Turn } from './template';

/** The table. Keys are those of the reference vectors. */
export const TEMPLATES = {
  qwen2_5_vl: qwen2_5Vl,
  qwen3_vl: qwen3Vl,
  qwen3_vl_thinking: qwen3VlThinking,
  smolvlm: smolVlm,
  internvl3: internVl3,
  fastvlm: fastVlm,
  llava15,
} as const satisfies Record<string, Template>;
export type TemplateId = keyof typeof TEMPLATES;

/** One picture and one question, as the app asks them. */
export function askAbout(question: string, system?: string): readonly Turn[] {
  const user: Turn = { role: 'user', parts: [{ kind: 'image' }, { kind: 'text', text: question }] };
  if (system === undefined) return [user];
  return [{ role: 'system', parts: [{ kind: 'text', text: system }] }, user];
}

/**
 * The conversation as the model was trained to read it, a marker for each picture.
 * Failures: prompt-marker (a text that holds the marker would stand for a picture that is not there).
 */
export function renderPrompt(template: Template, turns: readonly Turn[]): Result<string> {
  for (const { parts } of turns)
    for (const part of parts)
      if (part.kind === 'text' && part.text.includes(template.marker))
        return fail('prompt-marker', template.marker);
  return ok(template.render(turns));
}

/**
 * The text between the pictures with each picture's tokens in its place: one piece, ready to be tokenised. Where
 * pictures are no tokens, as many pieces as there are gaps: tokenise each, put the embeddings between.
 * A wrong number of pictures is a bug and throws.
 */
export function promptPieces(
  template: Template,
  rendered: string,
  pictures: readonly PictureTokens[],
): readonly string[] {
  const pieces = rendered.split(template.marker);
  if (pieces.length !== pictures.length + 1)
    throw new Error(`${pieces.length - 1} markers for ${pictures.length} pictures`);
  const { expand } = template;
  if (!expand) return pieces;
  return [pieces.map((piece, i) => (i === 0 ? '' : expand(pictures[i - 1]!)) + piece).join('')];
}
