import { expose, transfer } from 'comlink';
import type { Result } from '../../domain/result';
import type { Tokenized } from '../../domain/tokenizer';
import { createFileCache } from './cache';
import { TokenizerJobs } from './job';

const jobs = new TokenizerJobs(createFileCache(navigator.storage));

const api = {
  async encode(
    file: Blob,
    texts: readonly string[],
    known: string | undefined,
  ): Promise<Result<Tokenized>> {
    const result = await jobs.encode(file, texts, known);
    if (!result.ok) return result;
    return transfer(
      result,
      result.value.ids.map((ids) => ids.buffer as ArrayBuffer),
    );
  },
};
export type TokenizerWorker = typeof api;

expose(api);
