import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';

/** Loading llama.cpp and the model on a busy machine included. */
export const ANSWER_MS = 60_000;

/** What a person does on the page, by the names that a person reads. */
export class Visitor {
  readonly page: Page;
  /** What the page complained about: nothing may. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  get run(): Locator {
    return this.page.getByRole('button', { name: /^(install and )?run$/i });
  }
  get stop(): Locator {
    return this.page.getByRole('button', { name: 'Stop' });
  }
  get question(): Locator {
    return this.page.getByRole('textbox', { name: 'Question' });
  }
  get answer(): Locator {
    return this.page.getByTestId('answer');
  }
  get trouble(): Locator {
    return this.page.getByRole('alert');
  }

  async open(fragment = ''): Promise<void> {
    await this.page.goto(`./${fragment}`);
    await expect(this.page.locator('main[data-ready]')).toBeVisible();
  }

  /** Starts the virtual phone, with scripted trouble if asked, and waits for it. */
  async connect(trouble?: string): Promise<void> {
    await this.begin(trouble);
    await expect(this.page.getByRole('button', { name: 'Disconnect' })).toBeVisible({
      timeout: 20_000,
    });
  }

  /** Presses the virtual phone's button. */
  async begin(trouble?: string): Promise<void> {
    if (trouble) {
      await this.page.getByText('Make trouble').click();
      await this.page.getByLabel('What goes wrong').selectOption(trouble);
    }
    await this.page.getByRole('button', { name: 'Try the virtual phone' }).click();
  }

  /** Asks and waits for the whole answer; returns its text. */
  async ask(question?: string): Promise<string> {
    if (question !== undefined) await this.question.fill(question);
    await expect(this.run).toBeEnabled();
    await this.run.click();
    await this.answered();
    return (await this.answer.innerText()).trim();
  }

  /** The answer is whole when it can be shared. */
  async answered(): Promise<void> {
    await expect(this.page.getByRole('button', { name: 'Copy link' })).toBeVisible({
      timeout: ANSWER_MS,
    });
  }

  async choose(path: string): Promise<void> {
    await this.page.getByLabel('Picture file').setInputFiles(path);
  }

  /** The link of the answer on the screen, as the page shows it. */
  async link(): Promise<string> {
    await this.page.getByText('What the link contains').click();
    return this.page.getByTestId('link').innerText();
  }

  /** Nothing that axe knows of is wrong with the page as it stands, everything unfolded. */
  async expectAccessible(): Promise<void> {
    await this.page
      .locator('details')
      .evaluateAll((all) => all.forEach((details) => details.setAttribute('open', '')));
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    ).toEqual([]);
  }

  /** Nothing reaches out of the page at its side. */
  async expectNoSideways(): Promise<void> {
    const wide = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide).toBe(0);
  }
}

/** Path of a file for the tests. */
export const file = (name: string): string => `test/e2e/files/${name}`;
