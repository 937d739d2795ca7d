import { Tokenizer } from '@huggingface/tokenizers';
import type { CompiledCache } from '../src/adapters/tokenizer/cache';
import { compile } from '../src/adapters/tokenizer/compile';
import { Encoder } from '../src/adapters/tokenizer/encoder';
import { TokenizerJobs } from '../src/adapters/tokenizer/job';
import { mixedText } from './mixed-text';

/** One thing that is measured; `times` makes it long enough for a clock that ticks every 10 ms. */
export interface Task {
  readonly name: TaskName;
  readonly times: number;
}
export const TASKS = [
  { name: 'load: @huggingface/tokenizers', times: 1 },
  { name: 'load: ours, compiling tokenizer.json', times: 4 },
  { name: 'load: ours, from the cache', times: 10 },
  { name: '200 KB: @huggingface/tokenizers', times: 2 },
  { name: '200 KB: ours, no word seen before', times: 40 },
  { name: '200 KB: ours, again', times: 40 },
  { name: '100 B: @huggingface/tokenizers', times: 1000 },
  { name: '100 B: ours', times: 20_000 },
] as const;
export type TaskName = (typeof TASKS)[number]['name'];

/**
 * The tasks as functions, each run once a call. Loading begins with the file as a Blob, as the page has it, and ends with
 * a tokenizer ready for use; ours includes the file's sha256. Throws when the peer and we do not give the same ids.
 */
export async function tokenizerWork(
  file: Blob,
  cache: CompiledCache,
): Promise<Record<TaskName, () => unknown>> {
  const text = mixedText(200 << 10);
  const short = text.slice(0, 100);
  const options = { add_special_tokens: false };
  const peerLoad = async () => new Tokenizer(JSON.parse(await file.text()) as object, {});
  const load = async (from: 'file' | 'cache', where: CompiledCache) => {
    const loaded = await new TokenizerJobs(where).encode(file, []);
    if (!loaded.ok || loaded.value.tokenizer.from !== from) throw new Error(`not from ${from}`);
  };
  const uncached: CompiledCache = { ...cache, get: () => Promise.resolve(undefined) };
  await load('file', uncached);

  const compiled = compile(new Uint8Array(await file.arrayBuffer()));
  if (!compiled.ok) throw new Error(compiled.failure.code);
  const ours = new Encoder(compiled.value);
  const peer = await peerLoad();
  const wanted = peer.encode(text, options).ids.join();
  if (ours.encode(text).join() !== wanted) throw new Error('the ids differ');
  return {
    'load: @huggingface/tokenizers': peerLoad,
    'load: ours, compiling tokenizer.json': () => load('file', uncached),
    'load: ours, from the cache': () => load('cache', cache),
    '200 KB: @huggingface/tokenizers': () => peer.encode(text, options),
    '200 KB: ours, no word seen before': () => new Encoder(compiled.value).encode(text),
    '200 KB: ours, again': () => ours.encode(text),
    '100 B: @huggingface/tokenizers': () => peer.encode(short, options),
    '100 B: ours': () => ours.encode(short),
  };
}
