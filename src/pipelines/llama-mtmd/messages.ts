import type { ParsedEvent } from '../../domain/run';
import { facts, span, stats } from '../figures';
import { hexagonProof } from './hexagon';

/** "M.SS.mmm.uuu L " before a message: time since the program began. Continued lines and older builds have none. */
const PREFIX = /^(\d+)\.(\d\d)\.(\d{3})\.(\d{3}) [A-Z] ?/;

export function logLine(raw: string): {
  readonly atUs: number | undefined;
  readonly message: string;
} {
  const [whole = '', minutes, seconds, millis, micros] = PREFIX.exec(raw) ?? [];
  if (minutes === undefined) return { atUs: undefined, message: raw };
  const atUs = ((Number(minutes) * 60 + Number(seconds)) * 1000 + Number(millis)) * 1000;
  return { atUs: atUs + Number(micros), message: raw.slice(whole.length) };
}

/** The tool's own last word before it turns to the question. */
const ASKED = /^ {6}For normal use cases, please use the standard llama-cli/;
const ENCODING = /^encoding (?:mtmd batch|image slice)/;
const ENCODED = /^(?:mtmd batch encoding done|image slice encoded) in (\d+) ms/;
const DECODING = /^decoding image batch \d+\/\d+, n_tokens_batch = (\d+)/;
/** The last batch of the picture is read; of the prompt, only the words behind it are left. */
const DECODED = /^image decoded \(batch (\d+)\/(\d+)\) in \d+ ms/;
const PERF =
  /^llama_perf_context_print: +(load|prompt eval|eval|total) time = +([\d.]+) ms(?: \/ +(\d+) (?:tokens|runs))?/;

/**
 * What the log says. Spellings before and since v0.5.0. Tokens are the "runs" of the decode loop: the first token, which
 * the prompt's last row gave, is not one of them.
 */
export function messageReader() {
  const proof = hexagonProof();
  let encodeMs = 0;
  let imageTokens = 0;
  let askedUs: number | undefined;
  let speaking = false;

  function* perf(what: string, ms: number, count: number): Generator<ParsedEvent, void, void> {
    const perSecond = ms > 0 ? (count * 1000) / ms : undefined;
    if (what === 'prompt eval') {
      yield* stats({ prefill_ms: ms, prompt_tokens: count, prefill_rate: perSecond });
      yield* span('prefill', ms);
    } else if (what === 'eval') {
      yield* stats({
        decode_ms: ms,
        tokens: count,
        decode_rate: count > 0 ? perSecond : undefined,
      });
      yield* span('decode', ms);
    } // "load" counts up to the first evaluation, and "total" from there on: neither is a phase of ours.
    else yield* facts({ [`llama-${what}-ms`]: ms });
  }

  return {
    *see(message: string, atUs: number | undefined): Generator<ParsedEvent, void, void> {
      yield* proof(message);
      if (/^main: loading model: |^common_init_: fitting params/.test(message))
        yield { kind: 'phase', phase: 'load' };
      if (ASKED.test(message)) askedUs = atUs;
      if (ENCODING.test(message)) yield { kind: 'phase', phase: 'encode' };
      const encoded = ENCODED.exec(message)?.[1];
      if (encoded !== undefined) {
        encodeMs += Number(encoded);
        yield* stats({ encode_ms: encodeMs });
        yield* span('encode', encodeMs);
        yield { kind: 'phase', phase: 'prefill' };
      }
      const batch = DECODING.exec(message)?.[1];
      if (batch !== undefined) yield* stats({ image_tokens: (imageTokens += Number(batch)) });
      const [, done, all] = DECODED.exec(message) ?? [];
      if (done !== undefined && done === all) yield { kind: 'phase', phase: 'decode' };
      const [, what, ms, count] = PERF.exec(message) ?? [];
      if (what !== undefined) yield* perf(what, Number(ms), Number(count ?? 0));
    },
    /** A piece of text came; its time is known with JSON lines only. */
    *spoke(atUs: number | undefined): Generator<ParsedEvent, void, void> {
      if (speaking) return;
      speaking = true;
      if (atUs !== undefined && askedUs !== undefined && atUs >= askedUs)
        yield* stats({ ttft_ms: (atUs - askedUs) / 1000 });
    },
  };
}
