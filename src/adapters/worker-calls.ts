import { wrap, type Remote } from 'comlink';
import { fail, type Result } from '../domain/result';

/** Runs one call in the worker. */
export type WorkerCall<Api> = <T>(
  call: (remote: Remote<Api>) => Promise<Result<T>>,
  signal: AbortSignal,
) => Promise<Result<T>>;

/**
 * A worker of one's own: one call at a time, in order. Cancelling a running call ends the worker, for nothing else stops
 * it; so does a failure to load or a throw. The next call starts a new one. An unused worker is ended after `idleMs`.
 */
export function workerCalls<Api>(start: () => Worker, idleMs = 60_000): WorkerCall<Api> {
  let running: Running<Api> | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const stop = () => {
    running?.worker.terminate();
    running = undefined;
  };

  const run: WorkerCall<Api> = async (call, signal) => {
    if (signal.aborted) return fail('cancelled');
    clearTimeout(idle);
    const { remote, broken } = (running ??= open<Api>(start()));
    const cancelled = aborted(signal);
    const result = await Promise.race([call(remote).catch(lost), broken, cancelled.result]);
    cancelled.forget();
    const code = result.ok ? undefined : result.failure.code;
    if (code === 'cancelled' || code === 'worker-failed') stop();
    else idle = setTimeout(stop, idleMs);
    return result;
  };

  return async (call, signal) => {
    const turn = queue.then(() => run(call, signal));
    queue = turn;
    const cancelled = aborted(signal); // while it waits for its turn
    const result = await Promise.race([turn, cancelled.result]);
    cancelled.forget();
    return result;
  };
}

interface Running<Api> {
  readonly worker: Worker;
  readonly remote: Remote<Api>;
  /** Resolves when the worker fails to load or throws outside a call; such a worker never answers. */
  readonly broken: Promise<{ ok: false } & Result<never>>;
}

function open<Api>(worker: Worker): Running<Api> {
  const broken = new Promise<{ ok: false } & Result<never>>((resolve) => {
    worker.addEventListener('error', (event) => resolve(lost(event.message)), { once: true });
    worker.addEventListener('messageerror', () => resolve(lost('message')), { once: true });
  });
  return { worker, remote: wrap<Api>(worker), broken };
}

const lost = (error: unknown) =>
  fail('worker-failed', error instanceof Error ? error.message : String(error));

function aborted(signal: AbortSignal) {
  let forget = () => undefined as void;
  const result = new Promise<ReturnType<typeof fail>>((resolve) => {
    const stop = () => resolve(fail('cancelled'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    forget = () => signal.removeEventListener('abort', stop);
  });
  return { result, forget };
}
