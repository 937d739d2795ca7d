import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { RangeServer } from '../fakes/range-server';
import { Visitor } from './visitor';

const LANGUAGE = new Uint8Array(readFileSync('device-payload/tiny-vlm/language.gguf'));
const VISION = new Uint8Array(readFileSync('device-payload/tiny-vlm/vision.gguf'));

let server: RangeServer;
let base: URL;
test.beforeEach(async () => {
  server = new RangeServer();
  server.files.set('/tiny.gguf', LANGUAGE).set('/mmproj-tiny.gguf', VISION);
  base = await server.start();
});
test.afterEach(() => server.stop());

const at = (name: string) => new URL(name, base).href;
const offer = (page: Page) => page.getByTestId('offer');

/** Pastes addresses and looks at what is there. */
async function look(page: Page, language: string, vision: string): Promise<void> {
  await page.getByText('Use a model from an address').click();
  await page.getByLabel(/Link of a .gguf file/).fill(language);
  await page.getByLabel('Link of its mmproj').fill(vision);
  await page.getByRole('button', { name: 'Look at it' }).click();
}

test('an address: the facts first, then the phone, an answer, and a link that repeats it', async ({
  page,
  context,
}) => {
  // Longer than all buffers on the way, so that a cut line is met in the middle; what follows the weights is nothing to llama.cpp.
  const padded = new Uint8Array(LANGUAGE.length + (24 << 20));
  padded.set(LANGUAGE);
  server.files.set('/tiny.gguf', padded);
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await look(page, at('tiny.gguf'), at('mmproj-tiny.gguf'));
  await expect(offer(page)).toContainText('1.7 million');
  await expect(offer(page)).toContainText('Q8_0');
  await expect(offer(page)).toContainText('llama with janus_pro');
  await expect(offer(page)).toContainText('27.1 MB');
  await expect(page.getByText('are read twice')).toBeVisible();
  // Both heads, and no more.
  expect(server.asked.map(({ range }) => range)).toEqual(['bytes=0-1048575', 'bytes=0-1048575']);
  await visitor.expectAccessible();
  await visitor.expectNoSideways();

  // The first time the line is cut while the phone is being filled: it goes on from there.
  await page.getByRole('button', { name: 'Use this model' }).click();
  await expect(page.getByText('lantern-tiny-vlm ·')).toBeVisible();
  server.cutBytes = padded.length;
  server.faults = ['cut'];
  const before = server.asked.length;
  expect(await visitor.ask('How many shapes are there?')).not.toBe('');
  const ranges = server.asked.slice(before).map(({ path, range }) => `${path} ${range ?? 'whole'}`);
  expect(ranges).toEqual([
    '/tiny.gguf whole',
    expect.stringMatching(/^\/tiny\.gguf bytes=[1-9]\d{5,}-$/),
    '/mmproj-tiny.gguf whole',
  ]);
  expect(visitor.complaints.filter((text) => !/ERR_/.test(text))).toEqual([]);

  const link = await visitor.link();
  const other = new Visitor(await context.newPage());
  const asked = server.asked.length;
  await other.open(link.slice(link.indexOf('#')));
  await expect(other.page.getByText('not loaded: look at it under Model')).toBeVisible();
  await expect(other.page.getByText(at('tiny.gguf'))).toBeVisible();
  await other.connect();
  const address = other.page.getByLabel(/Link of a .gguf file/);
  await expect(address).toHaveValue(new RegExp(`^${at('tiny.gguf')}#sha256=[0-9a-f]{64}$`));
  expect(server.asked).toHaveLength(asked);
  await other.page.getByRole('button', { name: 'Look at it' }).click();
  await expect(offer(other.page)).toContainText('says the link');
  await other.page.getByRole('button', { name: 'Use this model' }).click();
  await other.ask();
  await expect(other.page.getByText('repeats the link exactly')).toBeVisible();
});

test('a file with other bytes than the link says is not installed', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  const wrong = `#sha256=${'0'.repeat(64)}`;
  await look(page, at('tiny.gguf') + wrong, at('mmproj-tiny.gguf') + wrong);
  await page.getByRole('button', { name: 'Use this model' }).click();
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('other bytes than promised', { timeout: 30_000 });
});

for (const [name, prepare, language, vision, words] of [
  ['no address', () => {}, 'a model please', '', 'not an address that the page reads'],
  ['plain http elsewhere', () => {}, 'http://192.0.2.1/a.gguf', '', 'must begin with https'],
  ['a part of a split model', () => {}, 'a-00001-of-00002.gguf', 'm.gguf', 'split into several'],
  ['nothing there', () => {}, 'absent.gguf', 'mmproj-tiny.gguf', 'does not give this file out'],
  [
    'a sign-in page',
    () => (server.faults = ['login']),
    ...['tiny.gguf', 'mmproj-tiny.gguf', 'leads to a web page'],
  ],
  [
    'a cut file',
    () => server.files.set('/tiny.gguf', LANGUAGE.slice(0, 500_000)),
    ...['tiny.gguf', 'mmproj-tiny.gguf', 'cut off'],
  ],
  ['a swapped pair', () => {}, 'mmproj-tiny.gguf', 'tiny.gguf', 'in each other’s place'],
  ['the same file twice', () => {}, 'tiny.gguf', 'tiny.gguf', 'cannot see'],
] as const) {
  test(`${name}: a sentence with the way out`, async ({ page }) => {
    const visitor = new Visitor(page);
    await visitor.open();
    await visitor.connect();
    prepare();
    const whole = (text: string) =>
      text.endsWith('.gguf') && !text.includes(':') ? at(text) : text;
    await look(page, whole(language), whole(vision));
    await expect(visitor.trouble).toContainText(words);
    await expect(page.getByRole('button', { name: 'Use this model' })).toBeHidden();
  });
}

/** Hugging Face's part is played here: no test leaves this computer. */
async function playHub(page: Page): Promise<void> {
  const { files } = JSON.parse(readFileSync('device-payload/tiny-vlm/manifest.json', 'utf8')) as {
    files: { role: string; sha256: string; bytes: number }[];
  };
  const entry = (rfilename: string, role: string) => {
    const { sha256, bytes: size } = files.find((file) => file.role === role) ?? {};
    return { rfilename, size, lfs: { sha256 } };
  };
  await page.route('https://huggingface.co/**', async (route) => {
    const url = new URL(route.request().url());
    const headers = { 'access-control-allow-origin': '*' };
    if (url.pathname.startsWith('/api/'))
      return route.fulfill({
        headers,
        json: {
          ...{ sha: 'c0ffee'.padEnd(40, '0'), gated: false, cardData: { license: 'apache-2.0' } },
          siblings: [
            ...[entry('tiny-Q8_0.gguf', 'language'), entry('tiny-F16.gguf', 'language')],
            entry('mmproj-tiny-Q8_0.gguf', 'vision'),
          ],
        },
      });
    const bytes = url.pathname.includes('mmproj') ? VISION : LANGUAGE;
    const range = /^bytes=(\d+)-(\d*)$/.exec(route.request().headers()['range'] ?? '');
    const from = Number(range?.[1] ?? 0);
    const body = bytes.subarray(from, range?.[2] ? Number(range[2]) + 1 : undefined);
    return route.fulfill({
      status: range ? 206 : 200,
      headers: {
        ...headers,
        'access-control-expose-headers': '*',
        'content-range': `bytes ${from}-${from + body.length - 1}/${bytes.length}`,
      },
      contentType: 'application/octet-stream',
      body: Buffer.from(body),
    });
  });
}

test('a repository: its best pair is found, with the hub’s hashes and licence', async ({
  page,
}) => {
  await playHub(page);
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await look(page, 'https://huggingface.co/maker/tiny', '');
  await expect(offer(page)).toContainText('apache-2.0');
  await expect(offer(page)).toContainText('says Hugging Face');
  await expect(offer(page)).toContainText(`resolve/${'c0ffee'.padEnd(40, '0')}/tiny-Q8_0.gguf`);
  await expect(page.getByLabel('File (2 there)')).toHaveValue('tiny-Q8_0.gguf');
  await page.getByRole('button', { name: 'Use this model' }).click();
  expect(await visitor.ask('How many shapes are there?')).not.toBe('');
});

test('the list fills the addresses in, says that nobody verified it, and loads nothing', async ({
  page,
}) => {
  const strangers: string[] = [];
  await page.route(/^https:/, (route) => {
    strangers.push(route.request().url());
    return route.abort();
  });
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await page.getByText('Use a model from an address').click();
  await page.getByLabel('One that others use on phones').selectOption('smolvlm-256m');
  await expect(page.getByText('Not verified by us')).toBeVisible();
  await expect(page.getByLabel(/Link of a .gguf file/)).toHaveValue(/SmolVLM-256M/);
  expect(strangers).toEqual([]);
  await page.getByRole('button', { name: 'Look at it' }).click();
  await expect(visitor.trouble).toContainText('could not be loaded');
  expect(strangers[0]).toContain('/api/models/ggml-org/SmolVLM-256M-Instruct-GGUF/revision/');
});
