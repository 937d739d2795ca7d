import { ignore } from './wait';

/**
 * Takes a Web Lock if it is free and returns how to give it back; undefined: another tab of this page has it.
 * The browser releases it when the tab goes. Without a lock manager there is nothing to take.
 */
export function holdLock(
  locks: LockManager | undefined,
  name: string,
): Promise<(() => void) | undefined> {
  if (!locks) return Promise.resolve(() => undefined);
  return new Promise((resolve, reject) => {
    const request = locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(undefined);
      return new Promise<void>((release) => resolve(release));
    });
    // A page that may not use locks (an opaque origin) does without: claiming still tells.
    request.catch((error: unknown) =>
      error instanceof DOMException ? resolve(() => undefined) : reject(error as Error),
    );
    ignore(request);
  });
}
