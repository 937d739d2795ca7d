import { wrap, type Remote } from 'comlink';
import type { PreparedInput, Preparer } from '../../domain/prepare';
import { fail, type Result } from '../../domain/result';
import type { CoreChoice, PreprocessWorker } from './worker';

export interface PreparerOptions {
  /** Which twin of the core to run; "auto" by default. */
  readonly core?: CoreChoice;
  /** An unused worker is ended after this long; it holds the memory of its largest picture. */
  readonly idleMs?: number;
  /** Starts a worker; the page's own by default. */
  readonly start?: () => Worker;
}

const startWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

/** A preparer that works in a worker of its own: one picture at a time, in order. Cancelling ends the worker. */
export function createPreparer(options: PreparerOptions = {}): Preparer {
  const { core = 'auto', idleMs = 60_000, start = startWorker } = options;
  let running: Running | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** What the self-check said: it needs to run only once per page. */
  let decoder: PreparedInput['decoder'] | undefined;

  const stop = () => {
    running?.worker.terminate();
    running = undefined;
  };

  const work = async (...[file, recipe, signal]: Parameters<Preparer['prepare']>) => {
    if (signal.aborted) return fail('cancelled');
    clearTimeout(idle);
    running ??= open(start(), core, decoder);
    const { remote, broken } = running;
    const answer = remote.prepare(file, recipe).catch((error: unknown) => lost(error));
    const result = await Promise.race([answer, broken, aborted(signal)]);
    if (result.ok) decoder = result.value.decoder;
    // A worker that was cancelled or fell over may be in any state: the next picture gets a new one.
    else if (/^(cancelled|worker-failed)$/.test(result.failure.code)) stop();
    idle = setTimeout(stop, idleMs);
    return result;
  };

  return {
    prepare(file, recipe, signal) {
      const result = queue.then(() => work(file, recipe, signal));
      queue = result;
      // One that waits is told at once; when its turn comes, it does nothing.
      return Promise.race([result, aborted(signal)]);
    },
  };
}

interface Running {
  readonly worker: Worker;
  readonly remote: Remote<PreprocessWorker>;
  /** Resolves when the worker fails to load or throws outside a call; such a worker never answers. */
  readonly broken: Promise<Result<PreparedInput>>;
}

function open(
  worker: Worker,
  core: CoreChoice,
  decoder: PreparedInput['decoder'] | undefined,
): Running {
  const remote = wrap<PreprocessWorker>(worker);
  const broken = new Promise<Result<PreparedInput>>((resolve) => {
    worker.addEventListener('error', (event) => resolve(lost(event.message)), { once: true });
    worker.addEventListener('messageerror', () => resolve(lost('message')), { once: true });
  });
  // Messages arrive in order: these are heard before the first picture.
  if (core !== 'auto') remote.choose(core).catch(() => undefined);
  if (decoder) remote.assume(decoder).catch(() => undefined);
  return { worker, remote, broken };
}

function lost(error: unknown): Result<PreparedInput> {
  return fail('worker-failed', error instanceof Error ? error.message : String(error));
}

function aborted(signal: AbortSignal): Promise<Result<PreparedInput>> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(fail('cancelled'));
    signal.addEventListener('abort', () => resolve(fail('cancelled')), { once: true });
  });
}
