import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type {} from '../../src/cli/page-driver'; // window.plugsight
import { explainBuild } from '../../src/domain/build';
import { noQemu, whyNoDevice, type DeviceOptions } from '../device/device';
import { whyNot } from '../payload/native-runner';
import { connectBridge, paste, startBridged, type Bridged } from './bridged';
import { ANSWER_MS, Visitor } from './visitor';

const reason = (await whyNoDevice()) ?? whyNot('x86_64');
const SENTENCE =
  'from left to right: a red star, a blue circle and an orange diamond on a white background.';

/** The last answer's report, as the page keeps it. */
const lastReport = (page: Page) => page.evaluate(() => window.plugsight?.last()?.report);

test.describe(`a real adbd behind the bridge (${reason ?? 'Debian 13, adbd 34, native runner'})`, () => {
  test.skip(reason !== undefined, reason);
  // Making the device's root the first time, and emulated processors.
  test.setTimeout(240_000);

  const running: Bridged[] = [];
  const start = async (baseURL: string | undefined, options?: DeviceOptions) => {
    const bridged = await startBridged(new URL(baseURL ?? '').origin, options);
    running.push(bridged);
    return bridged;
  };
  test.afterEach(async () => {
    for (const bridged of running.splice(0)) await bridged[Symbol.asyncDispose]();
  });

  for (const [name, options, abi] of [
    ['x86-64, native', {}, 'x86_64'],
    ['arm64 without extras, emulated', { arm64: 'cortex-a53' }, 'arm64-v8a'],
    ['arm64 with dot products, emulated', { arm64: 'cortex-a76' }, 'arm64-v8a'],
  ] as const)
    test(`${name}: from nothing installed to a streamed answer, and nothing left`, async ({
      page,
      baseURL,
    }) => {
      test.skip(abi === 'arm64-v8a' && noQemu !== undefined, noQemu);
      const { machine, bridge } = await start(baseURL, options);
      const tmp = join(machine.data, 'local/tmp');
      const visitor = new Visitor(page);
      await visitor.open();
      await connectBridge(page, await bridge.address());
      await expect(page.getByText(/^Test device \([\w-]+\)$/)).toBeVisible();
      await expect(page.getByText('through the bridge')).toBeVisible();
      expect(await readdir(tmp)).toEqual([]);

      expect(await visitor.ask()).toBe(SENTENCE);
      const report = await lastReport(page);
      expect(report).toMatchObject({
        ...{ text: SENTENCE, finish: 'stop' },
        device: { transport: 'bridge', simulated: false, facts: { manufacturer: 'Plugsight' } },
        build: { abi },
      });
      expect(report?.device.name).toMatch(/^Test device/);
      expect(report?.facts['engine']).toMatch(/^llama\.cpp/);
      expect(report?.arrivals.length).toBeGreaterThan(3);
      for (const figure of ['load_ms', 'encode_ms', 'prefill_ms', 'decode_rate'] as const)
        expect(report?.stats[figure]).toMatchObject({ source: 'runner' });
      if (!report?.build) throw new Error('the report names no build');
      await expect(page.getByText(`Program: ${explainBuild(report.build)}`)).toBeVisible();
      const dotProducts = 'arm64' in options && options.arm64 === 'cortex-a76';
      if (abi === 'arm64-v8a') expect(report.build.cpu.includes('asimddp')).toBe(dotProducts);
      await expect(page.getByText('simulated')).toHaveCount(0);
      await visitor.expectAccessible();

      await page.getByRole('button', { name: 'Remove from phone' }).click();
      await expect.poll(() => readdir(tmp)).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    });

  test('the bridge is killed in the middle of an answer: said, and a new one goes on', async ({
    page,
    baseURL,
  }) => {
    test.skip(noQemu !== undefined, noQemu);
    // Slow enough to be in the middle of something.
    const { bridge, again } = await start(baseURL, { arm64: 'cortex-a53' });
    const visitor = new Visitor(page);
    await visitor.open();
    await connectBridge(page, await bridge.address());
    await page.getByRole('button', { name: 'Install now' }).click();
    await expect(page.getByText('verified on the phone')).toBeVisible({ timeout: ANSWER_MS });
    await visitor.run.click();
    await page.waitForFunction(
      () => document.querySelector('[data-testid=answer]')?.textContent?.trim(),
      undefined,
      { polling: 'raf', timeout: ANSWER_MS },
    );
    await bridge.end('SIGKILL');
    await expect(visitor.trouble).toContainText('The bridge does not answer');
    await expect(visitor.trouble).toHaveCount(1);
    await expect(page.getByText('cut off: the phone is gone')).toBeVisible();
    const part = (await visitor.answer.innerText()).trim();
    expect(SENTENCE.startsWith(part) && part.length < SENTENCE.length).toBe(true);
    expect(await lastReport(page)).toMatchObject({ failure: { code: 'bridge-gone' } });
    await visitor.expectAccessible();

    await connectBridge(page, await again().address());
    await expect(visitor.trouble).toHaveCount(0);
    expect(await visitor.ask()).toBe(SENTENCE);
  });

  test('the phone goes and comes back: trying again needs no new address', async ({
    page,
    baseURL,
  }) => {
    const { machine, bridge } = await start(baseURL);
    const visitor = new Visitor(page);
    await visitor.open();
    await connectBridge(page, await bridge.address());
    expect(await visitor.ask()).toBe(SENTENCE);
    await machine.restart();
    await expect(visitor.trouble).toContainText('The phone behind the bridge is gone');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(visitor.trouble).toHaveCount(0, { timeout: 20_000 });
    expect(await visitor.ask()).toBe(SENTENCE);
  });

  test('an address that is wrong, of nobody, or of a bridge for other pages: each is told', async ({
    page,
    baseURL,
  }) => {
    const { bridge, again } = await start(baseURL);
    const visitor = new Visitor(page);
    await visitor.open();
    const expectTold = async (address: string, text: string) => {
      await paste(page, address);
      await expect(visitor.trouble).toContainText(text);
      await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
    };
    const address = await bridge.address();
    await expectTold('http://192.168.1.20:5555', 'not the address of a bridge');
    const wrong = address.replace(/[^/]*$/, 'x'.repeat(32));
    await expectTold(wrong, 'does not take this address');
    const other = again(['--origin', 'http://localhost:1']);
    await expectTold(await other.address(), 'does not serve this page');
    await other.end('SIGTERM');
    await expectTold(await other.address(), 'does not answer');
    await visitor.expectAccessible();
    // None of it has used up the right one.
    await connectBridge(page, address);
  });

  test('a second tab is turned away, and gets its turn when the first one leaves', async ({
    page,
    context,
    baseURL,
  }) => {
    const { bridge } = await start(baseURL);
    const first = new Visitor(page);
    await first.open();
    await connectBridge(page, await bridge.address());
    const second = new Visitor(await context.newPage());
    await second.open();
    await paste(second.page, await bridge.address());
    await expect(second.trouble).toContainText('serves another page');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await connectBridge(second.page, await bridge.address(2));
    expect(await second.ask()).toBe(SENTENCE);
    await second.page.close();
    await connectBridge(page, await bridge.address(3));
  });
});

test('the page opens no socket before somebody presses the button, and none but to this computer', async ({
  page,
}) => {
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  const visitor = new Visitor(page);
  const address = `ws://127.0.0.1:4174/${'x'.repeat(32)}`;
  await visitor.open(`#bridge=${address}`);
  await page.getByRole('button', { name: 'Phone over Wi-Fi or through adb…' }).click();
  await page.getByRole('textbox', { name: 'Address that it printed' }).fill(address);
  await visitor.expectAccessible();
  await visitor.expectNoSideways();
  await page.waitForLoadState('networkidle');
  expect(sockets).toEqual([]);
  expect(visitor.complaints).toEqual([]);

  // The last one is blocked, so what was blocked before it has been told by then.
  const blocked = await page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const seen: string[] = [];
        document.addEventListener('securitypolicyviolation', (event) => {
          seen.push(event.blockedURI);
          if (event.blockedURI.includes('example')) resolve(seen);
        });
        for (const host of ['192.0.2.1', '127.0.0.2', '127.0.0.1', 'localhost', 'x.example'])
          new WebSocket(`ws://${host}:9999/`);
      }),
  );
  expect(blocked.map((uri) => new URL(uri).hostname)).toEqual([
    ...['192.0.2.1', '127.0.0.2', 'x.example'],
  ]);
});
