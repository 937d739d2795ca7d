import { rsaSign } from '@yume-chan/adb';
import { expect, test } from 'vitest';
import { createKeys } from '../../../../src/adapters/adb/keys';
import { memoryKeys } from './rig';

async function all<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('keys are kept where they can be', async () => {
  const kept = memoryKeys();
  const key = await createKeys(kept).generateKey();
  expect(await all(createKeys(kept).iterateKeys())).toEqual([key]);
});

test('without storage a key in memory serves, and stays the same', async () => {
  const refused = () => Promise.reject(new DOMException('blocked', 'SecurityError'));
  const keys = createKeys({
    generateKey: refused,
    async *iterateKeys() {
      yield await refused();
    },
  });
  expect(await all(keys.iterateKeys())).toEqual([]);
  const key = await keys.generateKey();
  expect(await all(keys.iterateKeys())).toEqual([key]);
  // the library can sign with it
  expect(rsaSign(key.buffer, new Uint8Array(20))).toHaveLength(256);
});
