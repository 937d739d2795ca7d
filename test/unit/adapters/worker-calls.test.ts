import { expose } from 'comlink';
import { describe, expect, test } from 'vitest';
import { workerCalls } from '../../../src/adapters/worker-calls';
import { ok, type Result } from '../../../src/domain/result';

/** What the worker under test does; `hang` never answers. */
interface Api {
  double(n: number): Result<number>;
  hang(): Promise<Result<number>>;
  fail(): Result<number>;
}

/** A worker in this thread: the other end of a channel, which can be told to break. */
class FakeWorker extends EventTarget {
  static started: FakeWorker[] = [];
  /** Called when a call that hangs has reached a worker. */
  static onHang: () => void = () => undefined;
  terminated = false;
  readonly calls: string[] = [];
  readonly #port: MessagePort;

  constructor() {
    super();
    FakeWorker.started.push(this);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.addEventListener('message', (event) =>
      this.dispatchEvent(new MessageEvent('message', { data: event.data as unknown })),
    );
    port1.start();
    const { calls } = this;
    const api: Api = {
      double: (n) => (calls.push(`double ${n}`), ok(n * 2)),
      hang: () => {
        calls.push('hang');
        FakeWorker.onHang();
        return new Promise(() => undefined);
      },
      fail: () => {
        throw new Error('a bug');
      },
    };
    expose(api, port2);
  }
  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
  terminate(): void {
    this.terminated = true;
    this.#port.close();
  }
}

function calls(idleMs = 60_000) {
  FakeWorker.started = [];
  return workerCalls<Api>(() => new FakeWorker() as unknown as Worker, idleMs);
}
/** Resolves when the next call that hangs has reached a worker. */
const hung = () => new Promise<void>((resolve) => (FakeWorker.onHang = resolve));
const never = new AbortController().signal;
const end = () => FakeWorker.started.forEach((worker) => worker.terminate());

describe('calls into a worker', () => {
  test('one worker answers many calls, in order', async () => {
    const run = calls();
    const results = await Promise.all([1, 2, 3].map((n) => run((api) => api.double(n), never)));
    expect(results).toEqual([ok(2), ok(4), ok(6)]);
    expect(FakeWorker.started.map((worker) => worker.calls)).toEqual([
      ['double 1', 'double 2', 'double 3'],
    ]);
    end();
  });

  test('cancelling ends the worker; the next call gets a new one', async () => {
    const run = calls();
    const abort = new AbortController();
    const reached = hung();
    const hanging = run((api) => api.hang(), abort.signal);
    await reached;
    abort.abort();
    expect(await hanging).toMatchObject({ failure: { code: 'cancelled' } });
    expect(await run((api) => api.double(4), never)).toEqual(ok(8));
    expect(FakeWorker.started.map(({ terminated }) => terminated)).toEqual([true, false]);
    end();
  });

  test('a call that waits for its turn is cancelled at once and never made', async () => {
    const run = calls();
    const first = new AbortController();
    const second = new AbortController();
    const reached = hung();
    const hanging = run((api) => api.hang(), first.signal);
    const waiting = run((api) => api.double(1), second.signal);
    await reached;
    second.abort();
    expect(await waiting).toMatchObject({ failure: { code: 'cancelled' } });
    first.abort();
    await hanging;
    expect(FakeWorker.started.flatMap((worker) => worker.calls)).not.toContain('double 1');
    end();
  });

  test('a worker that cannot load resolves the pending call', async () => {
    const run = calls();
    const reached = hung();
    const pending = run((api) => api.hang(), never);
    await reached;
    FakeWorker.started[0]!.dispatchEvent(
      Object.assign(new Event('error'), { message: 'no such file' }),
    );
    expect(await pending).toEqual({
      ok: false,
      failure: { code: 'worker-failed', detail: 'no such file' },
    });
    expect(FakeWorker.started[0]!.terminated).toBe(true);
  });

  test('a throw in the worker is its failure, and the worker is not used again', async () => {
    const run = calls();
    expect(await run((api) => api.fail() as unknown as Promise<Result<number>>, never)).toEqual({
      ok: false,
      failure: { code: 'worker-failed', detail: 'a bug' },
    });
    expect(FakeWorker.started[0]!.terminated).toBe(true);
  });
});
