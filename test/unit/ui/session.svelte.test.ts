import { afterEach, beforeEach, expect, test } from 'vitest';
import { ok } from '../../../src/domain/result';
import { Session, type Picture } from '../../../src/ui/session.svelte';
import { settle } from '../../fakes/clock';
import { FakeConnector } from '../../fakes/connector';
import { FakeDevice } from '../../fakes/device';
import { FakePlatform } from '../../fakes/platform';
import { answer, speakProtocol } from '../../fakes/runner-program';

let device: FakeDevice;
let platform: FakePlatform;
let session: Session;
beforeEach(() => {
  device = phoneWith('wasm32');
  platform = new FakePlatform(new FakeConnector(async () => ok(device)));
  session = new Session(platform);
});
afterEach(() => device[Symbol.asyncDispose]());

function phoneWith(abi: string): FakeDevice {
  const made = new FakeDevice();
  made.tool('getprop', `echo '[ro.product.cpu.abilist]: [${abi}]'`);
  made.onSpawn = (process) => speakProtocol(process);
  return made;
}
const ready = async () => {
  await session.start('');
  await session.phone.connectUsb();
};
/** The picture now, read anew: the compiler would remember what it was before an await. */
const picture = (): Picture | undefined => session.picture;

test('a page that is only looked at prepares nothing', async () => {
  await session.start('');
  expect(picture()).toMatchObject({ kind: 'sample', id: 'one' });
  expect(platform.prepared).toBe(0);
  await session.phone.connectUsb();
  await settle();
  expect(platform.prepared).toBe(1);
});

test('Run does what is missing and ends in a turn with report and link', async () => {
  await ready();
  session.prompt = 'why';
  await session.ask();
  expect(session.run).toMatchObject({ is: 'done', text: 'WHY', facts: { engine: 'fake' } });
  expect(session.last).toMatchObject({ prompt: 'why', report: { text: 'WHY' } });
  expect(session.last?.link).toMatch(/^https:\/\/page\.test\/#r=d1\./);
  expect(session.setup.payload.is).toBe('done');
  expect(platform.held).toBe(0);
});

test('a follow-up keeps the program, and what it said of itself', async () => {
  await ready();
  await session.ask();
  session.prompt = 'and';
  await session.ask();
  expect(device.processes).toHaveLength(1);
  expect(session.turns).toHaveLength(2);
  expect(session.run).toMatchObject({ text: 'AND', facts: { engine: 'fake' } });
});

test('Run joins an installation that is under way', async () => {
  await ready();
  const first = session.setup.install();
  const second = session.setup.install();
  expect(second).toBe(first);
  await first;
  expect(new Set(device.pushes).size).toBe(device.pushes.length);
});

test('a phone without a program for it is told before Run', async () => {
  device = phoneWith('riscv64');
  await ready();
  expect(session.setup.payload).toMatchObject({
    is: 'failed',
    failure: { code: 'abi-unsupported' },
  });
});

test('a failed installation runs nothing and can be tried again', async () => {
  await ready();
  platform.broken.set('tiny-vlm', { code: 'bundle-unreachable' });
  await session.setup.useModel('tiny-vlm');
  expect(session.setup.modelStep).toMatchObject({ is: 'failed' });
  expect(session.setup.model).toBeDefined(); // the model before stays
  device.tool('sha256sum', 'echo wrong');
  await session.ask();
  expect(session.setup.payload).toMatchObject({
    is: 'failed',
    failure: { code: 'device-hash-mismatch' },
  });
  expect(session.run).toBeUndefined();
  device.tool('sha256sum', 'exec /usr/bin/sha256sum "$@"');
  await session.ask();
  expect(session.run).toMatchObject({ is: 'done' });
});

test('stopping ends the answer and keeps what came', async () => {
  device.onSpawn = (process) =>
    speakProtocol(process, ({ request }) => {
      const [prompt, token] = answer(request, 'x');
      for (const event of [prompt, token]) if (event) process.say(event);
    });
  await ready();
  const asking = session.ask();
  await expect.poll(() => session.run?.text).toBe('x');
  session.stop();
  await asking;
  expect(session.run).toMatchObject({ text: 'x', finish: 'cancelled' });
  expect(session.running).toBe(false);
  expect(platform.held).toBe(0);
});

test('an answer that is cut off because the phone went has a report', async () => {
  device.onSpawn = (process) =>
    speakProtocol(process, ({ request }) => {
      const [prompt, token] = answer(request, 'x');
      for (const event of [prompt, token]) if (event) process.say(event);
    });
  await ready();
  const asking = session.ask();
  await expect.poll(() => session.run?.text).toBe('x');
  device.unplug();
  await asking;
  expect(session.last?.report).toMatchObject({ text: 'x', failure: { code: 'unplugged' } });
  expect(session.last?.report.commands).toHaveLength(1);
});

test('a program that is not on the phone is installed anew by trying again', async () => {
  await ready();
  device.onSpawn = (process) => process.end(ok(127));
  await session.ask();
  expect(session.run?.failure?.code).toBe('device-file-missing');
  expect(session.setup.payload.is).toBe('idle');
  device.onSpawn = (process) => speakProtocol(process);
  await session.ask();
  expect(session.run).toMatchObject({ is: 'done' });
});

test('a new phone clears the failure of the one before', async () => {
  await ready();
  device.onSpawn = (process) => process.end(ok(127));
  await session.ask();
  expect(session.run?.failure).toBeDefined();
  device = phoneWith('wasm32');
  await session.phone.retry();
  expect(session.run).toBeUndefined();
  expect(session.turns).toHaveLength(1);
});

test('an empty, too long or pictureless question cannot be asked', async () => {
  await ready();
  session.prompt = '  \n';
  expect(session.cannotRun?.code).toBe('prompt-empty');
  session.prompt = 'x'.repeat(100_000);
  expect(session.cannotRun?.code).toBe('prompt-too-long');
  await session.ask();
  expect(session.run).toBeUndefined();
  session.prompt = 'why';
  platform.pictureFailure = { code: 'image-damaged' };
  session.useFile(new Blob(['?']), 'cut.png');
  await settle();
  expect(session.cannotRun?.code).toBe('image-damaged');
});

test('a sample brings its question, unless the user has typed one', async () => {
  await session.start('');
  const [, two] = platform.samples;
  if (!two) throw new Error('no second sample');
  await session.useSample(two);
  expect(session.prompt).toBe('Sample question two');
  session.prompt = 'My own question';
  await session.useSample(two);
  expect(session.prompt).toBe('My own question');
});

test('a link fills the form in, waits, and its repetition is recognised', async () => {
  await ready();
  session.prompt = 'why "$(x)" 🦄';
  session.setup.options['max-tokens'] = 7;
  await session.ask();
  const link = session.last?.link ?? '';
  const other = new Session(platform);
  device = phoneWith('wasm32');
  await other.start(link.slice(link.indexOf('#')));
  expect(other.prompt).toBe('why "$(x)" 🦄');
  expect(other.setup.options['max-tokens']).toBe(7);
  expect(other.phone.step.is).toBe('idle');
  expect(other.run).toBeUndefined();
  await other.phone.connectUsb();
  await other.ask();
  if (!other.last) throw new Error('no turn');
  expect(other.differences(other.last)).toEqual([]);
  other.prompt = 'something else';
  other.setup.options['max-tokens'] = 8;
  await other.ask();
  expect(other.last && other.differences(other.last)).toEqual(['the question', 'the settings']);
});

test.each([
  ['#r=z9.AAAA', 'link-newer'],
  ['#r=d1.AAAA', 'link-damaged'],
  [`#r=d1.${'A'.repeat(5_000_000)}`, 'link-too-large'],
])('a wrong link is told and the page starts all the same', async (fragment, code) => {
  await session.start(fragment);
  expect(session.notice?.code).toBe(code);
  expect(session.setup.model).toBeDefined();
  expect(picture()).toBeDefined();
});

test('a refused copy is told', async () => {
  expect(await session.copy('text')).toBe(true);
  platform.copyResult = { ok: false, failure: { code: 'browser-denied' } };
  expect(await session.copy('text')).toBe(false);
  expect(session.notice?.code).toBe('browser-denied');
});
