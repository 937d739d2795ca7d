import { chromium, type Page } from '@playwright/test';
import { chromiumArgs, ensureChromium } from './chromium';
import { START_PORT } from './commands';
import { ensureBuilt, serve } from './site';

/** A page of the built site in a Chromium without a window. Closing ends browser and server. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** Builds when needed (its words go to stderr), serves, opens `path`. `log` hears what the page complains about. */
export async function openPage(path: string, log: (line: string) => void): Promise<OpenPage> {
  await ensureBuilt('stderr');
  const executablePath = ensureChromium();
  const site = await serve(START_PORT, false); // so that links in reports open where npm start serves
  const browser = await chromium.launch({ executablePath, args: chromiumArgs() });
  const close = async () => {
    await browser.close();
    await site[Symbol.asyncDispose]();
  };
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('pageerror', (error) => log(`page: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') log(`page: ${message.text()}`);
    });
    await page.goto(new URL(path, site.url).href);
    return { page, [Symbol.asyncDispose]: close };
  } catch (reason) {
    await close();
    throw reason;
  }
}
