import { expect, test } from '@playwright/test';
import { chromiumArgs, ensureChromium } from '../../src/cli/chromium';
import { whyNoDevice } from '../device/device';
import { connectBridge, paste, startBridged, type Bridged } from './bridged';
import { Visitor } from './visitor';

const reason = await whyNoDevice();
const port = process.env['E2E_PORT'] ?? '';
/** The browser then takes this server for one of the public internet, and asks before its pages may reach this computer. */
const PUBLIC = `--ip-address-space-overrides=127.0.0.1:${port}=public,[::1]:${port}=public`;

test.use({
  launchOptions: { executablePath: ensureChromium(), args: [...chromiumArgs(), PUBLIC] },
});

test.describe(`a page of the public internet and the bridge (${reason ?? 'Debian 13, adbd 34'})`, () => {
  test.skip(reason !== undefined, reason);
  test.setTimeout(240_000); // making the device's root the first time

  let bridged: Bridged | undefined;
  test.beforeEach(async ({ baseURL }) => {
    bridged = await startBridged(new URL(baseURL ?? '').origin);
  });
  test.afterEach(() => bridged?.[Symbol.asyncDispose]());

  test('without its user’s yes the browser keeps it from the bridge: the advice says so', async ({
    page,
  }) => {
    const visitor = new Visitor(page);
    await visitor.open();
    await paste(page, (await bridged?.bridge.address()) ?? '');
    await expect(visitor.trouble).toContainText('The bridge does not answer');
    await expect(visitor.trouble).toContainText('the browser keeps this page from programs');
    await expect(visitor.trouble).toContainText('Allow it');
    expect(visitor.complaints.join()).toContain('ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS');
  });

  test('with it the phone is there', async ({ page, context, baseURL }) => {
    const origin = new URL(baseURL ?? '').origin;
    await context.grantPermissions(['local-network-access'], { origin });
    const visitor = new Visitor(page);
    await visitor.open();
    await connectBridge(page, (await bridged?.bridge.address()) ?? '');
    await expect(page.getByText('Test device (x86-64)', { exact: true })).toBeVisible();
    expect(visitor.complaints).toEqual([]);
  });
});
