import { chromium, type Page } from '@playwright/test';
import { chromiumArgs, ensureChromium } from './chromium';
import { ensureBuilt, serve } from './site';

/** headless.html of the built site in a Chromium without a window: the app's own workers, no page around them. */
export class HeadlessPage implements AsyncDisposable {
  readonly page: Page;
  readonly #close: () => Promise<void>;

  private constructor(page: Page, close: () => Promise<void>) {
    this.page = page;
    this.#close = close;
  }

  /** Builds when needed (its words go to stderr), serves, opens. */
  static async open(): Promise<HeadlessPage> {
    await ensureBuilt('stderr');
    const executablePath = ensureChromium();
    const site = await serve(4273, false);
    const browser = await chromium.launch({ executablePath, args: chromiumArgs() });
    const close = async () => {
      await browser.close();
      await site[Symbol.asyncDispose]();
    };
    try {
      const page = await browser.newPage();
      page.on('pageerror', (error) => console.error(`page: ${error.message}`));
      await page.goto(new URL('headless.html', site.url).href);
      return new HeadlessPage(page, close);
    } catch (reason) {
      await close();
      throw reason;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
