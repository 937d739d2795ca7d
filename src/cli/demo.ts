import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_PROMPT_CHARS } from '../domain/recipe';
import { toMarkdown } from '../domain/report';
import { STATS, type RunState, type StatName } from '../domain/run';
import { ROOT } from './commands';
import { PageDriver, type Answer } from './page-driver';

const USAGE = 'usage: npm run demo -- [--image FILE] [--prompt TEXT] [--json]';
const OUT = join(ROOT, 'demo-out');

interface Options {
  readonly image: string | undefined;
  readonly prompt: string | undefined;
  readonly json: boolean;
}

async function readOptions(): Promise<Options> {
  const { image, prompt, json } = parseArgs({
    options: {
      image: { type: 'string' },
      prompt: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  }).values;
  if (image !== undefined) {
    const file = await stat(image).catch(() => undefined);
    if (!file?.isFile()) throw new Error(`--image: there is no file "${image}"`);
  }
  if (prompt?.trim() === '') throw new Error('--prompt: the question is empty');
  if (prompt && prompt.length > MAX_PROMPT_CHARS)
    throw new Error(`--prompt: ${prompt.length} characters, at most ${MAX_PROMPT_CHARS}`);
  return { image, prompt, json };
}

/** Prints phases as they end and the answer as it comes. */
function narrator(write: (text: string) => void): (run: RunState) => void {
  const told = new Set<string>();
  let shown = 0;
  return ({ spans, text }) => {
    for (const { phase, ms, source } of spans) {
      if (told.has(phase) || shown > 0) continue;
      told.add(phase);
      write(`  ${phase.padEnd(8)} ${ms.toFixed(0).padStart(6)} ms  (${source})\n`);
    }
    if (text.length > shown) write((shown === 0 ? '\n' : '') + text.slice(shown));
    shown = text.length;
  };
}

function summary({ report, link }: Answer): string {
  const { recipe, device, input } = report;
  return [
    '\n',
    `Question  ${recipe.prompt.slice(0, 200)}`,
    `Device    ${device.name}${device.note ? `: ${device.note}` : ''}`,
    `Model     ${recipe.model.id} ${recipe.model.version}`,
    input ? `Input     ${input.family}, sha256 ${input.sha256}` : 'Input     none: text alone',
    '\nStatistics',
    ...(Object.keys(STATS) as StatName[]).flatMap((name) => {
      const stat = report.stats[name];
      const value = stat && String(Number(stat.value.toFixed(2))).padStart(12);
      return stat ? [`  ${name.padEnd(18)} ${value} ${STATS[name]}  (${stat.source})`] : [];
    }),
    `\nRun link  ${link}`,
    '\nWritten   demo-out/report.json, report.md, screenshot.png',
  ].join('\n');
}

/** One object for programs. Figures carry their unit and who measured them. */
function toJson({ report, link }: Answer): unknown {
  const stats = Object.entries(report.stats).map(([name, stat]) => [
    name,
    { ...stat, unit: STATS[name as StatName] },
  ]);
  const { text, finish, device, input, spans, recipe, app } = report;
  return {
    ...{ text, finish, link, app, prompt: recipe.prompt },
    stats: Object.fromEntries(stats) as unknown,
    ...{ spans, input, device, model: recipe.model, runner: recipe.runner },
  };
}

/** Also for a run that failed: its report says why. */
async function save(driver: PageDriver, answer: Answer): Promise<void> {
  await mkdir(OUT, { recursive: true });
  await driver.page.screenshot({ path: join(OUT, 'screenshot.png'), fullPage: true });
  await writeFile(join(OUT, 'report.json'), `${JSON.stringify(answer.report, null, 2)}\n`);
  await writeFile(join(OUT, 'report.md'), toMarkdown(answer.report, answer.link));
}

/** `npm run demo`: the main job without a window. Exit code 0 only for a real answer. */
async function main(): Promise<void> {
  const options = await readOptions();
  const write = (text: string) => void (options.json || process.stdout.write(text));
  await using driver = await PageDriver.open((line) => console.error(line));
  await driver.connectVirtual();
  if (options.image) await driver.choosePicture(options.image);
  const answer = await driver.ask(options.prompt, narrator(write));
  await save(driver, answer);
  const { failure, text } = answer.report;
  if (failure) throw new Error(`no answer: ${failure.code}: ${failure.detail ?? ''}`);
  if (!text.trim()) throw new Error('no answer: it is empty');
  console.log(options.json ? JSON.stringify(toJson(answer), null, 2) : summary(answer));
}

main().catch((reason: unknown) => {
  const wrongArgument = (reason as { code?: string } | null)?.code?.startsWith('ERR_PARSE_ARGS');
  console.error(reason instanceof Error ? reason.message : reason);
  if (wrongArgument) console.error(USAGE);
  process.exitCode = wrongArgument ? 2 : 1;
});
