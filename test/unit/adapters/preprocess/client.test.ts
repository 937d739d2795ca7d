import { expose } from 'comlink';
import { afterEach, expect, test } from 'vitest';
import { createPreparer } from '../../../../src/adapters/preprocess/client';
import type { PreparedInput } from '../../../../src/domain/prepare';
import type { Result } from '../../../../src/domain/result';

const open: MessageChannel[] = [];
afterEach(() => open.splice(0).forEach(({ port1, port2 }) => (port1.close(), port2.close())));

const PREPARED = { ok: true, value: { outputs: [] } } as unknown as Result<PreparedInput>;

/** A worker in this thread: speaks comlink over a channel; `prepare` does what the test says. */
class FakeWorker extends EventTarget {
  terminated = false;
  readonly #channel = new MessageChannel();

  constructor(prepare: () => Promise<Result<PreparedInput>>) {
    super();
    open.push(this.#channel);
    expose({ prepare, assume: () => undefined, choose: () => undefined }, this.#channel.port2);
    this.#channel.port1.addEventListener('message', ({ data }: { data: unknown }) =>
      this.dispatchEvent(new MessageEvent('message', { data })),
    );
    this.#channel.port1.start();
    this.#channel.port2.start();
  }
  postMessage(message: unknown, transfer: Transferable[] = []): void {
    if (!this.terminated) this.#channel.port1.postMessage(message, transfer);
  }
  terminate(): void {
    this.terminated = true;
  }
}

/** A preparer whose n-th worker answers with the n-th function. */
function withWorkers(...answers: (() => Promise<Result<PreparedInput>>)[]) {
  const workers: FakeWorker[] = [];
  const start = () => {
    const answer = answers[workers.length] ?? (() => Promise.resolve(PREPARED));
    const worker = new FakeWorker(answer);
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { preparer: createPreparer({ start, idleMs: 3_600_000 }), workers };
}

const recipe = { family: 'square-png', params: {} };
const never = () => new Promise<Result<PreparedInput>>(() => undefined);
const file = new Blob(['x']);

test('pictures share a worker', async () => {
  const { preparer, workers } = withWorkers();
  const { signal } = new AbortController();
  expect((await preparer.prepare(file, recipe, signal)).ok).toBe(true);
  expect((await preparer.prepare(file, recipe, signal)).ok).toBe(true);
  expect(workers).toHaveLength(1);
});

test('cancelling ends the worker at once, and the next picture gets a new one', async () => {
  const { preparer, workers } = withWorkers(never);
  const controller = new AbortController();
  const result = preparer.prepare(file, recipe, controller.signal);
  await Promise.resolve();
  controller.abort();
  expect(await result).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  expect((await preparer.prepare(file, recipe, new AbortController().signal)).ok).toBe(true);
  expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
});

test('cancelling a picture that waits leaves the one before it alone', async () => {
  let finish = (_: Result<PreparedInput>) => {};
  const slow = new Promise<Result<PreparedInput>>((resolve) => (finish = resolve));
  const { preparer, workers } = withWorkers(() => slow);
  const first = preparer.prepare(file, recipe, new AbortController().signal);
  const controller = new AbortController();
  const second = preparer.prepare(file, recipe, controller.signal);
  controller.abort();
  expect(await second).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  finish(PREPARED);
  expect((await first).ok).toBe(true);
  expect(workers[0]?.terminated).toBe(false);
});

test('a signal that was aborted before starts nothing', async () => {
  const { preparer, workers } = withWorkers();
  const result = await preparer.prepare(file, recipe, AbortSignal.abort());
  expect(result).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  expect(workers).toHaveLength(0);
});

test('a worker that falls over resolves the picture as worker-failed, and is replaced', async () => {
  const { preparer, workers } = withWorkers(never);
  const result = preparer.prepare(file, recipe, new AbortController().signal);
  await Promise.resolve();
  workers[0]?.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  expect(await result).toEqual({
    ok: false,
    failure: { code: 'worker-failed', detail: 'out of memory' },
  });
  expect((await preparer.prepare(file, recipe, new AbortController().signal)).ok).toBe(true);
  expect(workers).toHaveLength(2);
});

test('a bug in the worker is told apart from a bad picture', async () => {
  const { preparer } = withWorkers(() => Promise.reject(new Error('off by one')));
  const result = await preparer.prepare(file, recipe, new AbortController().signal);
  expect(result).toEqual({ ok: false, failure: { code: 'worker-failed', detail: 'off by one' } });
});
