import type { VisionEncoder } from '../../domain/encoder';
import { workerCalls } from '../worker-calls';
import type { EncoderWorker } from './worker';

const startWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

/** An encoder in a worker of its own; the model must be a Blob, which crosses over by reference. */
export function createEncoder(start: () => Worker = startWorker): VisionEncoder {
  const run = workerCalls<EncoderWorker>(start);
  return {
    inspect: (model, signal) => run((remote) => remote.inspect(model), signal),
    encode: (job, signal) => run((remote) => remote.encode(job), signal),
  };
}
