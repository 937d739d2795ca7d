import type { Combiner } from '../../domain/embeddings';
import { workerCalls } from '../worker-calls';
import type { EmbeddingsWorker } from './worker';

const startWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

/** A combiner that works in a worker of its own. The files of a job must be Blobs, which cross over by reference. */
export function createCombiner(start: () => Worker = startWorker): Combiner {
  const run = workerCalls<EmbeddingsWorker>(start);
  return { combine: (job, signal) => run((remote) => remote.combine(job), signal) };
}
