import { expect, test } from '@playwright/test';
import { Visitor } from './visitor';

test('an empty question cannot be asked, and says why', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.question.fill('  \n ');
  await expect(visitor.run).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByText('Type a question first')).toBeVisible();
  await page.getByRole('button', { name: 'How many shapes are there?' }).click();
  expect(await visitor.ask()).toMatch(/three|3/i);
});

test('a question of 100 KB is refused before anything is sent', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.question.fill('why '.repeat(25_000));
  await expect(page.getByText('The question is too long')).toBeVisible();
  await expect(visitor.run).toHaveAttribute('aria-disabled', 'true');
  await visitor.question.fill('What color is the circle?');
  expect(await visitor.ask()).toMatch(/blue/);
});

test('a question that the model cannot hold is told by the runner, and the next one works', async ({
  page,
}) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.question.fill('What color is the circle? '.repeat(200));
  await expect(page.getByText('May not fit')).toBeVisible();
  await visitor.run.click();
  await expect(visitor.trouble).toContainText('do not fit into the model', { timeout: 60_000 });
  expect(await visitor.ask('What color is the circle?')).toMatch(/blue/);
});

const ODD = [
  ['quotes', `What's "that" '$(reboot)' \`id\` \\n ; rm -rf / | & > x`],
  ['line breaks', 'What color\nis the\n\ncircle?'],
  ['emoji and other scripts', 'Was ist das? 🦄👩‍👩‍👧 это что？これは何'],
  ['markup', '<img src=x onerror=alert(1)><script>alert(2)</script>{{x}} <b>bold</b>'],
] as const;
for (const [name, prompt] of ODD)
  test(`a question with ${name} arrives as it was typed`, async ({ page }) => {
    const visitor = new Visitor(page);
    page.on('dialog', (dialog) => {
      visitor.complaints.push(`a dialog opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await visitor.open();
    await visitor.connect();
    await visitor.ask(prompt);
    const shown = page.locator('.prompt');
    expect(await shown.innerText()).toBe(prompt);
    await expect(page.locator('.prompt *')).toHaveCount(0);
    const asked = await page.evaluate(
      () =>
        (
          window as unknown as {
            plugsight: { last(): { report: { recipe: { prompt: string } } } };
          }
        ).plugsight.last().report.recipe.prompt,
    );
    expect(asked).toBe(prompt);
    expect(visitor.complaints).toEqual([]);
  });

test('settings out of range are brought back into it', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await page.getByText('Settings', { exact: true }).click();
  const length = page.getByRole('spinbutton', { name: /answer length/i });
  await length.fill('999999');
  await length.blur();
  await expect(length).toHaveValue('2048');
  await length.fill('3');
  await length.blur();
  await visitor.ask();
  await expect(page.getByText('cut at the answer length')).toBeVisible();
});
