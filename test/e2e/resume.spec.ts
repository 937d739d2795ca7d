import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { whyNoDevice } from '../device/device';
import { whyNot } from '../payload/native-runner';
import { connectBridge, startBridged } from './bridged';
import { Visitor } from './visitor';

const reason = (await whyNoDevice()) ?? whyNot('x86_64');
const MB = 1 << 20;

/** A model bundle of noise: nothing runs it here, it is only sent. */
async function noiseBundle(folder: string, bytes: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = async (path: string, role: string, size: number) => {
    const data = randomBytes(size);
    await writeFile(join(folder, path), data);
    const sha256 = createHash('sha256').update(data).digest('hex');
    return { path, role, url: path, bytes: size, sha256 };
  };
  const files = [
    await file('language.gguf', 'language', bytes),
    await file('vision.gguf', 'vision', 1000),
  ];
  const manifest = {
    ...{ schema: 'plugsight-bundle/1', id: 'noise', version: '1', title: 'Noise', kind: 'model' },
    ...{ licence: 'CC0-1.0', pipelines: ['llama-runner'], files },
    model: { input: { family: 'square-png', params: { size: 128 } }, context: 512 },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return files[0]?.sha256 ?? '';
}

test('a page that is reloaded in the middle of sending goes on where it stopped', async ({
  page,
  baseURL,
}, info) => {
  test.skip(reason !== undefined, reason);
  test.setTimeout(240_000);
  await using bridged = await startBridged(new URL(baseURL ?? '').origin);
  const folder = info.outputPath('noise');
  const sha256 = await noiseBundle(folder, 96 * MB);
  const here = (path: string) => join(bridged.machine.data, 'local/tmp/plugsight', path);
  const visitor = new Visitor(page);
  const choose = async (address: string) => {
    await visitor.open();
    await connectBridge(page, address);
    await page.getByText('Use a model bundle').click();
    await page.locator('input[webkitdirectory]').last().setInputFiles(folder);
    await expect(page.getByText(/^Noise · /)).toBeVisible();
  };
  const sent = () =>
    stat(here(`tmp/${sha256}.part`)).then(
      ({ size }) => size,
      () => 0,
    );

  await choose(await bridged.bridge.address());
  await page.getByRole('button', { name: 'Install now' }).click();
  await expect.poll(sent, { timeout: 120_000, intervals: [50] }).toBeGreaterThan(40 * MB);
  const begun = await stat(here(`tmp/${sha256}.part`));
  await choose(await bridged.again().address());
  expect(existsSync(here(`files/${sha256}`))).toBe(false);

  await expect(page.getByText(/ of .+ are on the\s+phone already/)).toBeVisible();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText(/\d.+, verified on the phone/)).toBeVisible({ timeout: 120_000 });
  // The very file that was begun before, not another one.
  expect((await stat(here(`files/${sha256}`))).birthtimeMs).toBe(begun.birthtimeMs);
  expect((await stat(here(`bundles/noise@1/language.gguf`))).size).toBe(96 * MB);
  expect(await readdir(here('tmp'))).toEqual([]);
});
