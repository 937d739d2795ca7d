import type { ParsedEvent } from '../../src/domain/run';
import { INITIAL_RUN, reduce, type RunState } from '../../src/domain/run';
import type { OutputParser } from '../../src/domain/pipeline';

/** One case of a transcript file. */
export interface Case {
  readonly id: string;
  /** Its `#@key value` lines; of a repeated key the last. */
  readonly about: Readonly<Record<string, string>>;
  /** Undefined: not a whole run. */
  readonly exit: number | undefined;
  /** In program order, as flushed; a character may be split over two pieces on the phone, never here. */
  readonly output: readonly Piece[];
  /** Content of result files, all `f` lines together. */
  readonly file: string;
}
export interface Piece {
  readonly from: 'stdout' | 'stderr';
  readonly text: string;
}

/**
 * Reads transcripts: `#@case ID` ... `#@end`; `1>line`, `1~piece without line end`, `2>` and `2~` alike for stderr,
 * `f>` and `f~` for result files, `h>` for the host's own lines, `x>` for bytes in hex that are no text. `#@exit N`, `#@provenance ...`, `#@note ...`, `#@cmd ...`.
 * In a case whose note speaks of escapes, \xNN is a byte.
 */
export function readCases(text: string): readonly Case[] {
  return [...text.matchAll(/^#@case (\S+)\n(.*?)^#@end$/gms)].map(([, id = '', body = '']) =>
    readCase(id, body),
  );
}

function readCase(id: string, body: string): Case {
  const about: Record<string, string> = {};
  const output: Piece[] = [];
  let file = '';
  const decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
  for (const line of body.split('\n').slice(0, -1)) {
    const key = /^#@(\w+) ?(.*)$/.exec(line);
    if (key?.[1]) about[key[1]] = key[2] ?? '';
    const [, from, end, rest = ''] = /^([12f])([>~])(.*)$/.exec(line) ?? [];
    if (from === undefined) {
      if (!key && !/^[hx]>/.test(line)) throw new Error(`${id}: cannot read "${line}"`);
      continue;
    }
    const piece = end === '>' ? `${rest}\n` : rest;
    if (from === 'f') file += piece;
    else {
      const bytes = about['note']?.includes('escapes') ? unescape(piece) : encode(piece);
      const text = decoders[from === '1' ? 1 : 2].decode(bytes, { stream: true });
      output.push({ from: from === '1' ? 'stdout' : 'stderr', text });
    }
  }
  const exit = about['exit'] === undefined ? undefined : Number(about['exit']);
  return { id, about, exit, output, file };
}

const encode = (text: string) => new TextEncoder().encode(text);

const unescape = (text: string) =>
  Uint8Array.from(
    text
      .split(/(\\x[0-9a-f]{2})/)
      .flatMap((part) => (part.startsWith('\\x') ? [parseInt(part.slice(2), 16)] : [...encode(part)])),
  );

/** What a parser makes of these pieces, and of the end where the program ended. */
export function replay(
  parser: OutputParser,
  output: readonly Piece[],
  exit?: number,
  files?: Readonly<Record<string, string>>,
): readonly ParsedEvent[] {
  return [
    ...output.flatMap(({ from, text }) => parser.push(text, from)),
    ...(exit === undefined ? [] : parser.end(exit, files)),
  ];
}

/** The same text in other chunks, and the two streams in another order: `random` gives numbers from 0 to below 1. */
export function shuffled(output: readonly Piece[], random: () => number): readonly Piece[] {
  const left = {
    stdout: output.filter(({ from }) => from === 'stdout').map(({ text }) => text).join(''),
    stderr: output.filter(({ from }) => from === 'stderr').map(({ text }) => text).join(''),
  };
  const pieces: Piece[] = [];
  while (left.stdout || left.stderr) {
    const from = left.stderr === '' || (left.stdout && random() < 0.5) ? 'stdout' : 'stderr';
    const length = 1 + Math.floor(random() * 40);
    const chars = [...left[from].slice(0, 2 * length)].slice(0, length).join(''); // never inside a character
    pieces.push({ from, text: chars });
    left[from] = left[from].slice(chars.length);
  }
  return pieces;
}

/** What the screen and the report would show, without what depends on chunks and times. */
export function summary(events: readonly ParsedEvent[]) {
  const state = events.reduce<RunState>(
    (held, event) => reduce(held, { ...event, atMs: 0 }),
    INITIAL_RUN,
  );
  const { text, stats, facts, proofs, finish, failure, spans } = state;
  return {
    text,
    stats: Object.fromEntries(Object.entries(stats).map(([name, { value }]) => [name, value])),
    facts,
    proofs,
    /** Those with a duration of the device. */
    spans: spans.filter(({ source }) => source === 'runner').map(({ phase, ms }) => ({ phase, ms })),
    finish,
    failure,
  };
}
