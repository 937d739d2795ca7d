import { expect, test, type Page } from '@playwright/test';
import { Visitor } from './visitor';

/** Tabs until this button has the focus; fails after so many. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const button = page.getByRole('button', { name }).first();
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press('Tab');
    if (await button.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`40 tabs do not reach ${String(name)}`);
}

test('everything can be done with the keyboard', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await tabTo(page, /try the virtual phone/i);
  await page.keyboard.press('Enter');
  await expect(visitor.run).toBeVisible();
  // Focus went to the top of the work, not to nowhere.
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await tabTo(page, /two on black/i);
  await page.keyboard.press('Space');
  await expect(page.getByAltText('A green star to the left of a cyan circle')).toBeVisible();
  await visitor.question.focus();
  await page.keyboard.press('ControlOrMeta+Enter');
  await visitor.answered();
  await expect(visitor.answer).toHaveText(/green star/);
  await tabTo(page, /copy link/i);
  const outline = await page
    .getByRole('button', { name: 'Copy link' })
    .evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(outline).toBe('solid');
});

test('Escape stops; the answer so far stays and says so', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  const whole = await visitor.ask();
  // The answer takes less time than a key from outside, so the key is pressed within the page; and where the
  // whole answer still came first, which is no fault, it is asked again.
  const stopped = page.getByText('stopped by you');
  for (let attempt = 0; attempt < 10 && !(await stopped.isVisible()); attempt++) {
    await page.evaluate(() => {
      const card = document.querySelector('[aria-labelledby=answer]');
      if (!card) throw new Error('no answer card');
      new MutationObserver((_, observer) => {
        const text = card.querySelector('[data-testid=answer]')?.textContent.trim() ?? '';
        const running = card.querySelector('.caret');
        if (!running || text === '') return;
        observer.disconnect();
        dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
      }).observe(card, { childList: true, characterData: true, subtree: true });
    });
    await visitor.question.focus();
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect(page.getByRole('button', { name: 'Stop', exact: true })).toHaveCount(0, {
      timeout: 20_000,
    });
    await expect(page.getByRole('button', { name: 'Copy link' })).toBeVisible();
  }
  await expect(stopped).toBeVisible();
  const part = (await visitor.answer.innerText()).trim();
  expect(part).not.toBe('');
  expect(whole.startsWith(part)).toBe(true);
  expect(part.length).toBeLessThan(whole.length);
  await expect(visitor.trouble).toHaveCount(0);
  await expect(visitor.run).toBeEnabled();
});

test('screen readers hear states and the whole answer, not single words', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    const status = document.querySelector('[data-testid=announcer]');
    if (!status) throw new Error('no announcer');
    new MutationObserver(() => said.push(status.textContent.trim())).observe(status, {
      ...{ characterData: true, childList: true, subtree: true },
    });
  });
  await visitor.connect();
  const answer = await visitor.ask();
  const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
  expect(said.at(-1)).toBe(`Answer: ${answer}`);
  expect(said.filter((sentence) => sentence.startsWith('Answer:'))).toHaveLength(1);
  expect(said).toContain('Loading the model');
});
