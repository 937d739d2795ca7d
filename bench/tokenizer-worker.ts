import { createFileCache } from '../src/adapters/tokenizer/cache';
import { tokenizerWork, type Task } from './tokenizer-work';

/** Runs a task when told to, in a worker of a page that bench/tokenizer.ts serves. */
let work: Awaited<ReturnType<typeof tokenizerWork>> | undefined;

addEventListener('message', (event: MessageEvent<Task>) => void run(event.data));

async function run({ name, times }: Task): Promise<void> {
  work ??= await tokenizerWork(
    await (await fetch('/tokenizer.json')).blob(),
    createFileCache(navigator.storage),
  );
  const task = work[name];
  const started = performance.now();
  for (let i = 0; i < times; i++) await task();
  postMessage(performance.now() - started);
}
