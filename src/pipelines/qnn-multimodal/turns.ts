import { cutAt } from '../executorch/parser';

/** How a model's turns stand in the result file: head, the question, tail, the answer, all without a gap. */
interface Spelling {
  /** The picture's tokens stand there in v1.2.0; from v1.3.0 on the picture is left out, or the whole frame from the second turn. */
  readonly head: RegExp;
  readonly tail: string;
}

/** Source: pytorch/executorch examples/qualcomm/oss_scripts/llama/runner/multimodal_runner/vision_chat_template.h. */
const SPELLINGS: readonly Spelling[] = [
  {
    head: /<\|im_start\|>User:(?:<fake_token_around_image><global-img>(?:<image>)*<fake_token_around_image>)?/g,
    tail: '<end_of_utterance>\nAssistant:',
  },
  {
    head: /<\|im_start\|>user:\n(?:<img>(?:<IMG_CONTEXT>)*<\/img>\n?)?/g,
    tail: '<|im_end|>assistant\n',
  },
];

/** The stop token is written too. The tokenizer's own end of text stops as well, where it is known. */
const STOPS = ['<end_of_utterance>', '<|im_end|>', '<|endoftext|>'];

export interface TurnText {
  readonly text: string;
  /** True when the answer ended by itself. */
  readonly stopped: boolean;
}

/**
 * The answers in the result file, in order. With the questions given, only what stands between their echoes counts, so that
 * a question may hold anything; without them the frame tells the turns. Text that begins with no known frame has none.
 */
export function turnsIn(
  text: string,
  questions: readonly string[] | undefined,
): readonly TurnText[] {
  const spelling = spellingOf(text);
  if (!spelling) return [];
  const echoes = questions ? asked(text, spelling, questions) : [];
  const found = echoes.length ? echoes : framed(text, spelling);
  return found.map(({ to }, i) => {
    const [answer, stopped] = cutAt(text.slice(to, found[i + 1]?.from), STOPS);
    return { text: answer.trim(), stopped };
  });
}

/** The first turn's: what looks like another's further on is part of a question. */
function spellingOf(text: string): Spelling | undefined {
  const from = ({ head }: Spelling) => text.search(head);
  return SPELLINGS.filter((spelling) => from(spelling) >= 0).sort((a, b) => from(a) - from(b))[0];
}

/** Where an echo begins and ends. */
interface Echo {
  readonly from: number;
  readonly to: number;
}

function asked(text: string, { head, tail }: Spelling, questions: readonly string[]): Echo[] {
  const echoes: Echo[] = [];
  let at = 0;
  for (const question of questions) {
    const rest = question + tail;
    const from = heads(text, head, at).find(({ to }) => text.startsWith(rest, to));
    if (!from) break;
    at = from.to + rest.length;
    echoes.push({ from: from.from, to: at });
  }
  return echoes;
}

function framed(text: string, { head, tail }: Spelling): Echo[] {
  const echoes: Echo[] = [];
  let at = 0;
  for (const { from, to } of heads(text, head, 0)) {
    if (from < at) continue; // inside an echo: part of a question
    const end = text.indexOf(tail, to);
    if (end < 0) break;
    at = end + tail.length;
    echoes.push({ from, to: at });
  }
  return echoes;
}

function heads(text: string, head: RegExp, at: number): Echo[] {
  return [...text.slice(at).matchAll(head)].map(({ 0: found, index }) => ({
    from: at + index,
    to: at + index + found.length,
  }));
}
