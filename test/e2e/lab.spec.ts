import { expect, test } from '@playwright/test';
import { Visitor } from './visitor';

test('other models: plan, budget, tiles, hashes and prompt of the same picture', async ({
  page,
}) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await page.getByText('What other models would see').click();
  await page.getByLabel('Prepare as for').selectOption('smolvlm');
  // preprocessing.md 4.2: a square picture becomes 2048 x 2048, 4 x 4 tiles and one whole frame of 64 tokens each
  await expect(page.getByText('1088 image tokens of 1920')).toBeVisible();

  const prepare = page.getByRole('button', { name: 'Prepare', exact: true });
  await page.getByLabel('Token budget').fill('1000');
  await expect(page.getByText('1088 image tokens of 1000')).toBeVisible();
  await expect(prepare).toBeDisabled();
  await page.getByLabel('Token budget').fill('1920');

  await prepare.click();
  const outputs = page.getByRole('list', { name: 'What the runner would read' });
  await expect(outputs).toContainText('float32 [1, 17, 3, 512, 512]', { timeout: 30_000 });
  await expect(page.locator('.tiles i')).toHaveCount(16);
  await expect(outputs.locator('code').first()).toHaveAttribute('title', /^[0-9a-f]{64}$/);

  await page.getByText('The prompt as a model reads it').click();
  await page.getByLabel('Chat template').selectOption('model smolvlm');
  await expect(page.locator('pre')).toContainText('<row_4_col_4><image>×64');
  expect(visitor.complaints).toEqual([]);
});
