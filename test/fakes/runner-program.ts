import type { RunnerRequest } from '../../src/domain/runner-protocol';
import { ok } from '../../src/domain/result';
import type { FakeProcess } from './process';

export const READY = { event: 'ready', protocol: 1, engine: 'fake', load_ms: 5 };

/** The words of a well-behaved runner for one question. */
export const answer = (request: number, text: string) => [
  { event: 'prompt', request, image_tokens: 4, text_tokens: 2, vision_ms: 2, prefill_ms: 3 },
  ...[...text].map((t, i) => ({ event: 'token', request, id: i, text: t, t_ms: i })),
  { event: 'done', request, finish: 'stop', text, tokens: text.length, decode_ms: 1 },
];

type Generate = RunnerRequest & { cmd: 'generate' };

/** Makes a process speak the runner protocol: loads at once, answers by `reply`, cancels and quits when told. */
export function speakProtocol(
  process: FakeProcess,
  reply: (request: Generate) => void = ({ request, prompt }) =>
    answer(request, prompt.toUpperCase()).forEach((event) => process.say(event)),
): void {
  process.say(READY);
  process.onLine = (line) => {
    const request = JSON.parse(line) as RunnerRequest;
    if (request.cmd === 'generate') reply(request);
    else if (request.cmd === 'cancel')
      process.say({ ...DONE, request: request.request, finish: 'cancelled' });
    else process.end(ok(0));
  };
}

const DONE = { event: 'done', text: '', tokens: 0 };
