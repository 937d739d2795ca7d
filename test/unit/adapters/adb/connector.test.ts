import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createConnector } from '../../../../src/adapters/adb/connector';
import { fingerprint } from '../../../../src/adapters/adb/keys';
import type { Candidate, Connector } from '../../../../src/domain/device';
import { connected, memoryKeys, NEVER, openAll, rig, settle, valueOf } from './rig';

const QUESTION_MS = 120_000;

async function candidateOf(connector: Connector): Promise<Candidate> {
  const [candidate] = await connector.known();
  if (!candidate) throw new Error('no phone is known');
  return candidate;
}

/** A rejecting platform call, by the name that WebUSB gives it. */
const rejects = (name: string) => () => Promise.reject(new DOMException('as WebUSB says it', name));

test('a new key: opening, the question with its fingerprint, reading, the device', async () => {
  const { connector, clock } = await rig();
  const { events, opened } = await openAll(connector, await candidateOf(connector));
  expect(events).toEqual([
    { kind: 'opening' },
    {
      kind: 'authorise',
      deadlineMs: clock.now() + QUESTION_MS,
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){15}[0-9A-F]{2}$/) as string,
    },
    { kind: 'reading' },
  ]);
  const device = valueOf(opened);
  expect(device).toMatchObject({ simulated: true, transport: 'virtual' });
  expect(device.name).toContain('SM8650');
  expect(device.features).toContain('shell_v2');
  await device[Symbol.asyncDispose]();
});

test('a known key is not asked about, and closing lets the phone be opened again', async () => {
  const { connector, candidate, device, raw } = await connected();
  await device[Symbol.asyncDispose]();
  expect(raw.opened).toBe(false);
  expect(await device.gone).toMatchObject({ code: 'cancelled' });
  const { events, opened } = await openAll(connector, candidate);
  expect(events.map(({ kind }) => kind)).toEqual(['opening', 'reading']);
  await valueOf(opened)[Symbol.asyncDispose]();
});

test('the fingerprint is the MD5 of the key blob, as the phone shows it', async () => {
  const blob = Buffer.from('an RSA public key in the form of mincrypt');
  const packet = new TextEncoder().encode(`${blob.toString('base64')} plugsight@host\0`);
  const expected = createHash('md5').update(blob).digest('hex').toUpperCase();
  expect((await fingerprint(packet)).replaceAll(':', '')).toBe(expected);
});

test('the chooser: a phone, or none, or forbidden', async () => {
  const { connector, usb } = await rig();
  expect(valueOf(await connector.choose())).toEqual(await candidateOf(connector));
  usb.requestDevice = rejects('NotFoundError');
  expect(await connector.choose()).toMatchObject({ failure: { code: 'nothing-chosen' } });
  usb.requestDevice = rejects('SecurityError');
  expect(await connector.choose()).toMatchObject({ failure: { code: 'usb-blocked' } });
});

test('without WebUSB there is nothing known and nothing to choose, and it says why', async () => {
  const { clock } = await rig();
  const parts = {
    usb: undefined,
    transport: 'usb',
    simulated: false,
    clock,
    keys: memoryKeys(),
  } as const;
  const missing = createConnector(parts);
  expect(await missing.known()).toEqual([]);
  expect(await missing.choose()).toMatchObject({ failure: { code: 'webusb-missing' } });
  const insecure = createConnector({ ...parts, unavailable: { code: 'insecure-page' } });
  expect(insecure.unavailable).toEqual({ code: 'insecure-page' });
  expect(await insecure.choose()).toMatchObject({ failure: { code: 'insecure-page' } });
});

test('a policy that forbids the list leaves nothing known', async () => {
  const { connector, usb } = await rig();
  usb.getDevices = rejects('SecurityError');
  expect(await connector.known()).toEqual([]);
});

test('a phone keeps its id while plugged in, and plugging in is told until nobody listens', async () => {
  const { connector, usb } = await rig();
  const before = await candidateOf(connector);
  expect(await candidateOf(connector)).toEqual(before);
  const plugged: Candidate[] = [];
  const stop = connector.onPlugged((candidate) => plugged.push(candidate));
  const unplugged = new Promise((resolve) => usb.addEventListener('disconnect', resolve));
  usb.unplug();
  await unplugged;
  expect((await openAll(connector, before)).opened).toMatchObject({
    failure: { code: 'unplugged' },
  });
  await usb.requestDevice();
  const after = await candidateOf(connector);
  expect(plugged).toEqual([after]);
  expect(after.id).not.toBe(before.id);
  const { opened } = await openAll(connector, after);
  await valueOf(opened)[Symbol.asyncDispose]();
  stop();
  usb.unplug();
  await usb.requestDevice();
  expect(plugged).toHaveLength(1);
});

test.each(['auth-ignored', 'auth-refused'] as const)(
  '%s: unauthorised after two minutes, not before, and the port is closed',
  async (trouble) => {
    const { connector, clock, raw } = await rig({ trouble });
    const opening = connector.open(await candidateOf(connector), NEVER);
    await opening.next();
    expect((await opening.next()).value).toMatchObject({ kind: 'authorise' });
    let result: unknown;
    void opening.next().then(({ value }) => (result = value));
    await clock.advance(QUESTION_MS - 1);
    expect(result).toBeUndefined();
    await clock.advance(1);
    await clock.advance(200);
    expect(result).toMatchObject({ ok: false, failure: { code: 'unauthorised' } });
    expect(raw.opened).toBe(false);
  },
);

test('refused by the system when opening, in use when claiming', async () => {
  const denied = await rig();
  denied.raw.open = rejects('SecurityError');
  expect(
    (await openAll(denied.connector, await candidateOf(denied.connector))).opened,
  ).toMatchObject({
    failure: { code: 'usb-denied', detail: 'SecurityError: as WebUSB says it' },
  });
  const busy = await rig();
  busy.raw.claimInterface = rejects('NetworkError');
  expect((await openAll(busy.connector, await candidateOf(busy.connector))).opened).toMatchObject({
    failure: { code: 'usb-busy' },
  });
  expect(busy.raw.opened).toBe(false);
});

test('a phone without shell protocol v2 is too old', async () => {
  const { connector, tap, raw } = await rig();
  const old = (text: string) => text.replace('shell_v2', 'shell_v0');
  tap.alter = (payload) => Buffer.from(old(Buffer.from(payload).toString('latin1')), 'latin1');
  expect((await openAll(connector, await candidateOf(connector))).opened).toMatchObject({
    failure: { code: 'shell-missing' },
  });
  expect(raw.opened).toBe(false);
});

test('no answer: the phone is reset once, then called stalled', async () => {
  const { connector, tap, clock, raw } = await rig();
  tap.out = () => 'lose';
  let opened: unknown;
  void openAll(connector, await candidateOf(connector)).then((all) => (opened = all.opened));
  await clock.advance(10_000);
  expect(tap.resets).toBe(1);
  expect(opened).toBeUndefined();
  await clock.advance(10_000);
  await clock.advance(1000);
  expect(opened).toMatchObject({ failure: { code: 'stalled' } });
  expect(tap.resets).toBe(1);
  expect(raw.opened).toBe(false);
});

test('no answer until the reset: connects after it', async () => {
  const { connector, tap, clock } = await rig();
  tap.out = () => (tap.resets === 0 ? 'lose' : 'pass');
  const opening = openAll(connector, await candidateOf(connector));
  await clock.advance(10_000);
  const device = valueOf((await opening).opened);
  expect(valueOf(await device.shell('echo here', NEVER)).stdout).toBe('here\n');
  await device[Symbol.asyncDispose]();
});

test('a reset that never returns is not waited for', async () => {
  const { connector, tap, clock, raw } = await rig();
  tap.out = () => 'lose';
  raw.reset = () => new Promise(() => undefined);
  let opened: unknown;
  void openAll(connector, await candidateOf(connector)).then((all) => (opened = all.opened));
  for (const ms of [10_000, 3000, 10_000, 1000]) await clock.advance(ms);
  expect(opened).toMatchObject({ failure: { code: 'stalled' } });
});

test('stopping closes the connection at every stage', async () => {
  const hang = () => new Promise<never>(() => undefined);
  const stages: Record<string, (parts: Awaited<ReturnType<typeof rig>>) => void> = {
    opening: ({ raw }) => (raw.open = hang),
    claiming: ({ raw }) => (raw.claimInterface = hang),
    'before any answer': ({ tap }) => (tap.out = () => 'lose'),
    reading: ({ tap }) => (tap.out = ({ command }) => (command === 'OPEN' ? 'lose' : 'pass')),
  };
  for (const [stage, prepare] of Object.entries(stages)) {
    const parts = await rig();
    prepare(parts);
    const stop = new AbortController();
    const candidate = await candidateOf(parts.connector);
    const opening = openAll(parts.connector, candidate, stop.signal);
    await parts.clock.advance(0);
    stop.abort();
    await parts.clock.advance(1000);
    expect((await opening).opened, stage).toMatchObject({ failure: { code: 'cancelled' } });
    expect(parts.raw.opened, stage).toBe(false);
  }
});

test('stopping, or leaving, at the question closes the connection', async () => {
  const { connector, raw, clock } = await rig({ trouble: 'auth-ignored' });
  const stop = new AbortController();
  const opening = connector.open(await candidateOf(connector), stop.signal);
  await opening.next();
  await opening.next();
  stop.abort();
  expect((await opening.next()).value).toMatchObject({ failure: { code: 'cancelled' } });
  expect(raw.opened).toBe(false);
  const again = connector.open(await candidateOf(connector), NEVER);
  await again.next();
  expect((await again.next()).value).toMatchObject({ kind: 'authorise' });
  await again.return({ ok: false, failure: { code: 'cancelled' } });
  expect(raw.opened).toBe(false);
  await clock.advance(QUESTION_MS);
});

test('an unplug at the question is an unplug', async () => {
  const { connector, usb } = await rig({ trouble: 'auth-ignored' });
  const opening = connector.open(await candidateOf(connector), NEVER);
  await opening.next();
  await opening.next();
  usb.unplug();
  expect((await opening.next()).value).toMatchObject({ failure: { code: 'unplugged' } });
});

/** Web Locks of one origin, shared by the tabs of a test. */
function sharedLocks(): LockManager {
  const held = new Set<string>();
  const request = async (
    name: string,
    _options: LockOptions,
    use: (lock: Lock | null) => unknown,
  ) => {
    if (held.has(name)) return use(null);
    held.add(name);
    try {
      return await use({ name, mode: 'exclusive' });
    } finally {
      held.delete(name);
    }
  };
  return { request, query: async () => ({}) } as LockManager;
}

test('our own second tab is told before it claims; an unplug or a close frees the phone', async () => {
  const locks = sharedLocks();
  const first = await connected({ connector: { locks } });
  const second = await rig({ connector: { locks } });
  const candidate = await candidateOf(second.connector);
  expect((await openAll(second.connector, candidate)).opened).toEqual({
    ok: false,
    failure: { code: 'usb-busy', detail: 'this page in another tab' },
  });
  expect(second.raw.opened).toBe(false);
  first.usb.unplug();
  await first.device.gone;
  await settle();
  const { opened } = await openAll(second.connector, candidate);
  await valueOf(opened)[Symbol.asyncDispose]();
  const third = await connected({ connector: { locks } });
  await third.device[Symbol.asyncDispose]();
});
