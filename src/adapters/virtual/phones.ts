import type { Trouble } from '../../domain/virtual';
import { modelById, serialOf } from './models';
import { createVirtualUsbPort, type VirtualUsbPort, type Wire } from './usb';
import type { FromPhone } from './wire';

/** The first message to the worker. */
export interface StartMessage {
  readonly op: 'start';
  readonly modelId: string;
  readonly trouble: Trouble;
}

/**
 * A USB port with a fresh virtual phone of this model, which lives in a worker of its own until `discard()`.
 * The worker starts with the first use. Throws on an id that is not in `PHONE_MODELS` (a bug of the caller).
 */
export function createVirtualUsb(modelId: string, trouble: Trouble): VirtualUsbPort {
  const model = modelById(modelId);
  const start: StartMessage = { op: 'start', modelId, trouble };
  return createVirtualUsbPort(openWorker(start), model.product, serialOf(modelId));
}

function openWorker(start: StartMessage): Wire {
  let listener: (message: FromPhone) => void = () => undefined;
  let worker: Worker | undefined;
  const started = (): Worker => {
    if (worker) return worker;
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<FromPhone>) => listener(data));
    // a worker that fails to load never answers
    worker.addEventListener('error', ({ message }) =>
      listener({ op: 'crashed', reason: message || 'the worker did not start' }),
    );
    worker.postMessage(start);
    return worker;
  };
  return {
    post: (message, transfer) => started().postMessage(message, transfer),
    listen: (to) => (listener = to),
    discard: () => worker?.terminate(),
  };
}
