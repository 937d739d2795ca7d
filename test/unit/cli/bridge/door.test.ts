import { describe, expect, test } from 'vitest';
import { Door, type Knock } from '../../../../src/cli/bridge/door';
import { BRIDGE_CLOSE } from '../../../../src/domain/bridge';

const PORT = 4174;
const ORIGIN = 'http://localhost:4173';
const { refused, origin, busy } = BRIDGE_CLOSE;

/** A door with its first token, and a knock that would be let in but for `change`. */
function setUp(now?: () => number) {
  const door = new Door([ORIGIN, 'https://me.example'], now);
  const token = door.renew();
  const knock = (change: Partial<Knock> = {}) =>
    door.judge({ host: `127.0.0.1:${PORT}`, origin: ORIGIN, path: `/${token}`, ...change }, PORT);
  return { door, token, knock };
}

test('a page with the token comes in, once', () => {
  const { knock } = setUp();
  expect(knock()).toBe('enter');
  expect(knock()).toBe(busy);
});

test('when the page has left, its token is worth nothing and the next one works', () => {
  const { door, knock } = setUp();
  expect(knock()).toBe('enter');
  const next = door.renew();
  expect(knock()).toBe(refused);
  expect(knock({ path: `/${next}` })).toBe('enter');
});

test('tokens hold 192 bits and are never the same', () => {
  const { door } = setUp();
  const tokens = Array.from({ length: 100 }, () => door.renew());
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(new Set(tokens).size).toBe(100);
});

describe('turned away', () => {
  test.each([
    ['no path', { path: undefined }],
    ['an empty token', { path: '/' }],
    ['a wrong token', { path: `/${'a'.repeat(32)}` }],
  ] as const)('%s: refused, and the token still works for its page', (_, change) => {
    const { knock } = setUp();
    expect(knock(change)).toBe(refused);
    expect(knock()).toBe('enter');
  });

  test('a token that is cut or longer', () => {
    const { knock, token } = setUp();
    expect(knock({ path: `/${token.slice(1)}` })).toBe(refused);
    expect(knock({ path: `/${token}/` })).toBe(refused);
    expect(knock({ path: `/${token}?` })).toBe(refused);
    expect(knock({ path: token })).toBe(refused);
  });

  test.each([
    undefined,
    '',
    'null',
    'https://evil.example',
    `${ORIGIN}.evil.example`,
    ORIGIN + '/',
  ])('a page of origin %j, also with the right token', (other) => {
    const { knock } = setUp();
    expect(knock({ origin: other })).toBe(origin);
    expect(knock()).toBe('enter');
  });

  test.each([undefined, 'evil.example:4174', '127.0.0.1', '127.0.0.1:80', 'localhost.evil:4174'])(
    'a name that leads here but is not ours (host %j): dropped',
    (host) => {
      const { knock } = setUp();
      expect(knock({ host })).toBe('drop');
    },
  );

  test('who knocks too often, until a while later', () => {
    let now = 0;
    const { knock } = setUp(() => now);
    for (let i = 0; i < 20; i += 1) expect(knock({ path: '/no' })).toBe(refused);
    expect(knock()).toBe('drop');
    now = 10_001;
    expect(knock()).toBe('enter');
  });
});

test('before there is a token nobody comes in', () => {
  const door = new Door([ORIGIN]);
  for (const path of ['/', '/undefined', undefined])
    expect(door.judge({ host: `localhost:${PORT}`, origin: ORIGIN, path }, PORT)).toBe(refused);
});
