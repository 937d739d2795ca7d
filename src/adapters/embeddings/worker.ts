import { expose, transfer } from 'comlink';
import type { CombineJob, Combined } from '../../domain/embeddings';
import type { Result } from '../../domain/result';
import { combine } from './combine';

const api = {
  /** Files arrive as references; what is read of them is read here. */
  async combine(job: CombineJob): Promise<Result<Combined>> {
    const result = await combine(job);
    return result.ok ? transfer(result, [result.value.data.buffer as ArrayBuffer]) : result;
  },
};
export type EmbeddingsWorker = typeof api;

expose(api);
