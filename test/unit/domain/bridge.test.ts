import { describe, expect, test } from 'vitest';
import { parseBridgeAddress, parseFromBridge, parseToBridge } from '../../../src/domain/bridge';

const TOKEN = 'Aa0_-'.padEnd(32, 'x');

describe('the address of a bridge', () => {
  test.each([`ws://127.0.0.1:4174/${TOKEN}`, `  ws://localhost:65535/${TOKEN}\n`])(
    '%s is one',
    (text) => expect(parseBridgeAddress(text)).toEqual({ ok: true, value: text.trim() }),
  );

  test.each([
    '',
    'ws://127.0.0.1:4174/',
    `ws://127.0.0.1:4174/${TOKEN}x`,
    `ws://127.0.0.1:4174/${TOKEN}?x`,
    `ws://127.0.0.1:0/${TOKEN}`,
    `ws://127.0.0.1:65536/${TOKEN}`,
    `ws://127.0.0.1/${TOKEN}`,
    `wss://127.0.0.1:4174/${TOKEN}`,
    `http://127.0.0.1:4174/${TOKEN}`,
    `ws://192.168.1.2:4174/${TOKEN}`,
    `ws://127.0.0.1.evil.example:4174/${TOKEN}`,
    `ws://me@127.0.0.1:4174/${TOKEN}`,
    `ws://[::1]:4174/${TOKEN}`,
  ])('%j is none', (text) => {
    const parsed = parseBridgeAddress(text);
    expect(parsed).toMatchObject({ ok: false, failure: { code: 'bridge-address' } });
    // It may be copied into a bug report.
    expect(JSON.stringify(parsed)).not.toContain(TOKEN);
  });
});

test('messages of either side are read, anything else is not', () => {
  expect(parseToBridge('{"op":"open","id":1}')).toEqual({ op: 'open', id: 1 });
  expect(parseToBridge('{"op":"close"}')).toEqual({ op: 'close' });
  expect(parseFromBridge('{"op":"hello"}')).toEqual({ op: 'hello' });
  for (const text of ['', '{', 'null', '[]', '{"op":"open"}', '{"op":"open","id":0.5}', '{"op":1}'])
    expect(parseToBridge(text), text).toBeUndefined();
  for (const text of ['{"op":"gone","id":1,"why":"x","detail":""}', '{"op":"open","id":1}'])
    expect(parseFromBridge(text), text).toBeUndefined();
});
