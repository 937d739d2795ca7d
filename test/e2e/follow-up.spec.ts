import { expect, test } from '@playwright/test';
import { Visitor } from './visitor';

test('a second question needs no second load, and the first stays below', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  const first = await visitor.ask('Describe the image.');
  await visitor.question.fill('How many shapes are there?');
  await visitor.run.click();
  const earlier = page.getByRole('listitem').filter({ hasText: first });
  await expect(earlier).toContainText('on this picture', { timeout: 60_000 });
  await visitor.answered();
  await expect(visitor.answer).toHaveText(/three|3/i);
  const phases = page.getByRole('table', { name: /phases of the run/i });
  await expect(phases.getByRole('row', { name: /^decode/ })).toBeVisible();
  await expect(phases.getByRole('row', { name: /^load/ })).toHaveCount(0);
});

test('a cancelled answer leaves the runner ready for the next question', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.run.click();
  await visitor.stop.click();
  await expect(visitor.run).toBeEnabled({ timeout: 20_000 });
  expect(await visitor.ask('What color is the circle?')).toMatch(/blue/);
});

test('another picture gives another answer', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.ask();
  await page.getByRole('button', { name: 'Sample: Two on black' }).click();
  await visitor.question.fill('Describe the image.');
  await visitor.run.click();
  await expect(visitor.answer).toHaveText(/green star.*cyan circle/, { timeout: 60_000 });
  await expect(page.getByText('on another picture')).toBeVisible();
});
