import { expect, test } from '@playwright/test';
import { Visitor } from './visitor';

test('a copied link fills the page in, waits, and is repeated exactly', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const sender = new Visitor(page);
  await sender.open();
  await sender.connect();
  await page.getByRole('button', { name: 'Sample: Two on black' }).click();
  const answer = await sender.ask('What color is the star?');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('✓ Copied').first()).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(await sender.link());
  expect(link.length).toBeLessThan(2000);

  const other = await context.newPage();
  const receiver = new Visitor(other);
  await receiver.open(link.slice(link.indexOf('#')));
  await expect(other.getByRole('heading', { name: /opened with a run link/ })).toBeVisible();
  await receiver.expectAccessible();
  await other.reload();
  // It never connects or runs by itself.
  await expect(other.getByRole('button', { name: 'Try the virtual phone' })).toBeVisible();
  await receiver.connect();
  await expect(receiver.question).toHaveValue('What color is the star?');
  await expect(receiver.answer).toHaveCount(0);
  expect(await receiver.ask()).toBe(answer);
  await expect(other.getByText('repeats the link exactly')).toBeVisible();

  await receiver.ask('Describe the image.');
  await expect(other.getByText('differs from the link: the question')).toBeVisible();
});

test('a link to a picture of the sender’s own asks for it by its hash', async ({
  page,
  context,
}) => {
  const sender = new Visitor(page);
  await sender.open();
  await sender.connect();
  await sender.choose('test/golden/tiny-vlm/0001.png');
  await sender.ask('Describe the image.');
  const link = await sender.link();

  const other = await context.newPage();
  const receiver = new Visitor(other);
  await receiver.open(link.slice(link.indexOf('#')));
  await receiver.connect();
  await expect(other.getByText('pictures do not travel in links')).toBeVisible();
  await receiver.ask();
  await expect(other.getByText(/differs from the link: the pixels/)).toBeVisible();
  await receiver.choose('test/golden/tiny-vlm/0001.png');
  await expect(other.getByText('this is it')).toBeVisible();
  await receiver.run.click();
  await expect(other.getByText('repeats the link exactly')).toBeVisible({ timeout: 60_000 });
});

const BAD = [
  ['from the future', '#r=z9.AAAA', /made by a newer version/],
  ['cut off', '#r=d1.q1YqU7Iy1FEqSi0oyc', /cut off or altered/],
  ['with odd characters', '#r=d1.<script>alert(1)</script>', /cut off or altered/],
  ['without a format', '#r=hello', /cut off or altered/],
] as const;
for (const [name, fragment, words] of BAD)
  test(`a link ${name} is told apart, and the page works on`, async ({ page }) => {
    const visitor = new Visitor(page);
    await visitor.open(fragment);
    await expect(visitor.trouble).toContainText(words);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(visitor.trouble).toHaveCount(0);
    await visitor.connect();
    expect(await visitor.ask()).toContain('red star');
    expect(visitor.complaints).toEqual([]);
  });

test('a link of megabytes is refused unread', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  // Chromium takes no address over 2 MB: of 5 MB nothing arrives, of 1.9 MB everything.
  for (const chars of [5_000_000, 1_900_000])
    await page.evaluate((count) => (location.hash = `r=d1.${'A'.repeat(count)}`), chars);
  await expect(visitor.trouble).toContainText('larger than any that we make');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByRole('button', { name: 'Try the virtual phone' })).toBeEnabled();
});
