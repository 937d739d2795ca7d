import type { Page } from '@playwright/test';
import type { Failure } from '../domain/failure';
import type { Report } from '../domain/report';
import type { RunState } from '../domain/run';
import { openPage, type OpenPage } from './open-page';

/** `window.plugsight` (docs/automation.md, src/ui/automation.ts). */
interface PageHook {
  ask(picture: Blob, name: string, prompt: string): Promise<Report | Failure>;
  last(): { readonly report: Report; readonly link: string } | null;
  run(): { readonly running: boolean; readonly state: RunState | null };
}

declare global {
  interface Window {
    readonly plugsight?: PageHook;
  }
}

/** A question's outcome, as the page reports it. */
export interface Answer {
  readonly report: Report;
  readonly link: string;
}

/** Loading llama.cpp and the models on a slow machine included. */
const ANSWER_MS = 180_000;
/** Preparing a large picture on a slow machine included. */
const READY_MS = 60_000;
const POLL_MS = 50;

/** Drives the page as a person would. */
export class PageDriver implements AsyncDisposable {
  readonly page: Page;
  readonly #opened: OpenPage;

  private constructor(opened: OpenPage) {
    this.page = opened.page;
    this.#opened = opened;
  }

  /** As openPage. */
  static async open(log: (line: string) => void): Promise<PageDriver> {
    return new PageDriver(await openPage('', log));
  }

  /** Starts the virtual phone and waits until it is ready for a question. */
  async connectVirtual(): Promise<void> {
    await this.page
      .getByRole('button', { name: /virtual phone/i })
      .first()
      .click();
    await this.page.getByRole('button', { name: /^run/i }).waitFor();
  }

  /** Gives the page a picture file from disk. */
  async choosePicture(path: string): Promise<void> {
    await this.page.locator('input[type=file][accept*=image]').first().setInputFiles(path);
  }

  /** Types the question, presses Run and waits. `heard` gets each new state. Throws with the page's own words. */
  async ask(prompt: string | undefined, heard: (run: RunState) => void): Promise<Answer> {
    const { page } = this;
    if (prompt !== undefined) await page.getByRole('textbox', { name: /question/i }).fill(prompt);
    const last = () => page.evaluate(() => window.plugsight?.last() ?? undefined);
    const before = await last();
    await this.#pressRun();
    const giveUp = performance.now() + ANSWER_MS;
    for (;;) {
      const { state, running } = await page.evaluate(() => ({ ...window.plugsight?.run() }));
      if (state) heard(state);
      const answer = running ? undefined : await last();
      if (answer && answer.report.made !== before?.report.made) return answer;
      const trouble = running ? undefined : await this.#trouble();
      if (trouble) throw new Error(trouble);
      if (performance.now() > giveUp) throw new Error(`no answer within ${ANSWER_MS / 1000} s`);
      await page.waitForTimeout(POLL_MS);
    }
  }

  /** Presses Run as soon as the page lets one. Throws with the page's words when it shows trouble instead. */
  async #pressRun(): Promise<void> {
    const run = this.page.getByRole('button', { name: /^run/i });
    const giveUp = performance.now() + READY_MS;
    while (!(await run.isEnabled())) {
      const trouble = await this.#trouble();
      if (trouble) throw new Error(trouble);
      if (performance.now() > giveUp)
        throw new Error(`Run cannot be pressed after ${READY_MS / 1000} s`);
      await this.page.waitForTimeout(POLL_MS);
    }
    await run.click();
  }

  /** The failure that the page shows now, in its own words. */
  #trouble(): Promise<string | undefined> {
    return this.page.evaluate(
      () =>
        document
          .querySelector<HTMLElement>('[role=alert]')
          ?.innerText.replace(/\s+/g, ' ')
          .trim() || undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }
}
