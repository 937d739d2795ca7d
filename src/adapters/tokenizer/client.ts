import type { Tokenizer } from '../../domain/tokenizer';
import { workerCalls } from '../worker-calls';
import type { TokenizerWorker } from './worker';

const startWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

/** A tokenizer that works in a worker of its own: one call at a time, in order. Cancelling ends the worker. */
export function createTokenizer(start: () => Worker = startWorker): Tokenizer {
  const run = workerCalls<TokenizerWorker>(start);
  /** A Blob never changes, so its hash is asked for once. */
  const hashes = new WeakMap<Blob, string>();
  return {
    async encode(file, texts, signal) {
      const result = await run((remote) => remote.encode(file, texts, hashes.get(file)), signal);
      if (result.ok) hashes.set(file, result.value.tokenizer.sha256);
      return result;
    },
  };
}
