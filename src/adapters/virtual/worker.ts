import { modelById } from './models';
import { VirtualPhone } from './phone';
import type { LoadEngine } from './engine';
import { llamaRunner } from './runner';
import { simulatedRunners } from './simulated';
import { BashInterpreter } from './shell';
import { systemClock } from '../system-clock';
import type { StartMessage } from './phones';
import type { FromPhone, ToPhone } from './wire';

/** The thread of one virtual phone. The first message says which phone; the rest are its cable. */
let phone: VirtualPhone | undefined;

const post = (message: FromPhone) =>
  self.postMessage(message, { transfer: 'bytes' in message ? [message.bytes.buffer] : [] });

self.addEventListener('message', ({ data }: MessageEvent<StartMessage | ToPhone>) => {
  if (data.op === 'start') phone = start(data);
  else phone?.handle(data);
});
self.addEventListener('unhandledrejection', ({ reason }) => crash(reason));
self.addEventListener('error', ({ message }) => crash(message));

function start({ modelId, trouble }: StartMessage): VirtualPhone {
  return new VirtualPhone({
    model: modelById(modelId),
    trouble: trouble.kind,
    clock: systemClock,
    wallClock: Date.now,
    interpreter: (self) => new BashInterpreter(self),
    programs: (self) => ({
      ...simulatedRunners(self, load, () => trouble.runner),
      'llama-runner': llamaRunner({
        clock: systemClock,
        load,
        answerBegins: () => self.answerBegins(),
        tokenSaid: () => self.tokenSaid(),
      }),
    }),
    post,
  });
}

/** 2.6 MB compressed, fetched only when a runner starts. */
const load: LoadEngine = async (...args) => (await import('./wllama-engine')).loadWllama(...args);

function crash(reason: unknown): void {
  post({ op: 'crashed', reason: reason instanceof Error ? (reason.stack ?? '') : String(reason) });
}
