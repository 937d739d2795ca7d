import { fail, ok, type Result } from '../../domain/result';

/** Largest picture file that is read at all. */
const MAX_PICTURE_BYTES = 256 << 20;

export async function copy(text: string): Promise<Result<void>> {
  try {
    await navigator.clipboard.writeText(text);
    return ok();
  } catch (reason) {
    return fail('browser-denied', String(reason));
  }
}

/** Offers text as a download. */
export function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Keeps the screen on and asks before the page is left, until the returned function is called. */
export function hold(): () => void {
  let lock: WakeLockSentinel | undefined;
  let over = false;
  // A browser gives the lock back when the page is hidden; it is taken again when it is seen.
  const acquire = async () => {
    if (over || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    lock = await navigator.wakeLock.request('screen').catch(() => undefined);
    if (over) await lock?.release();
  };
  const ask = (event: BeforeUnloadEvent) => event.preventDefault();
  const seen = () => void acquire();
  addEventListener('beforeunload', ask);
  document.addEventListener('visibilitychange', seen);
  void acquire();
  return () => {
    over = true;
    removeEventListener('beforeunload', ask);
    document.removeEventListener('visibilitychange', seen);
    void lock?.release();
  };
}

/** A file of the page's own server. */
export async function fetchBlob(url: string, signal: AbortSignal): Promise<Result<Blob>> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) return fail('bundle-unreachable', `${url} answered ${response.status}`);
    const declared = Number(response.headers.get('content-length') ?? 0);
    if (declared > MAX_PICTURE_BYTES) return fail('image-too-large', `${declared} bytes`);
    const blob = await response.blob();
    if (blob.size > MAX_PICTURE_BYTES) return fail('image-too-large', `${blob.size} bytes`);
    return ok(blob);
  } catch (reason) {
    if (
      signal.aborted &&
      (signal.reason as { name?: unknown } | undefined)?.name !== 'TimeoutError'
    )
      return fail('cancelled');
    return fail('bundle-unreachable', `${url}: ${String(reason)}`);
  }
}

const PREFIX = 'plugsight.';

/** Stores a small setting; a browser that refuses only forgets it. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Private mode or full: the setting holds for this visit.
  }
}

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined;
  }
}

export const address = (): string => location.href.replace(/#.*$/, '');

export const clearFragment = (): void => history.replaceState(null, '', address());
