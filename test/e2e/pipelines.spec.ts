import { expect, test, type Page } from '@playwright/test';
import { SIMULATED_RUNNER_LABEL } from '../../src/domain/virtual';
import type { Offer } from '../../src/domain/pipeline';
import type { Report } from '../../src/domain/report';
import type { Automation } from '../../src/ui/automation';
import { EXAMPLES, type Example } from '../../src/pipelines/examples';
import { OFFERS as ROWS_OF, type PipelineId } from '../../src/pipelines/offers';
import { messageFor } from '../../src/ui/messages';
import { Visitor } from './visitor';

// Two programs' worth of work in some, on a machine that is shared.
test.describe.configure({ mode: 'parallel', timeout: 120_000 });

const OFFERS: Readonly<Record<PipelineId, Offer>> = ROWS_OF;
const QUESTION = 'What color is the circle?';

/** A visitor with the virtual phone, a pipeline and settings of it. */
async function visit(
  page: Page,
  id: PipelineId,
  options: Readonly<Record<string, number>> = {},
): Promise<Visitor> {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await page.getByLabel('Pipeline', { exact: true }).selectOption(id);
  await page.getByText(/^Settings/).click();
  for (const [name, value] of Object.entries(options)) {
    const field = page.getByLabel(OFFERS[id].options[name]?.label ?? '');
    await field.fill(String(value));
    await field.blur();
  }
  return visitor;
}

const reportOf = (page: Page): Promise<Report> =>
  page.evaluate(() => {
    const { plugsight } = window as unknown as { plugsight: Automation };
    const last = plugsight.last();
    if (!last) throw new Error('nothing was answered');
    return last.report;
  });

interface Row {
  readonly id: PipelineId;
  readonly options?: Readonly<Record<string, number>>;
  readonly verdict: Report['accelerator']['verdict'];
  /** Programs that run for one question. */
  readonly programs: readonly string[];
}
const ROWS: readonly Row[] = [
  { id: 'omniinfer', verdict: 'npu', programs: ['llama-mtmd-cli', 'qnn_llama_runner'] },
  { id: 'qnn-multimodal', verdict: 'npu', programs: ['qnn_multimodal_runner'] },
  {
    ...{ id: 'fastvlm', verdict: 'npu' },
    programs: ['qnn-net-run', 'qnn-net-run', 'genie-t2t-run'],
  },
  { id: 'llava', verdict: 'cpu', programs: ['llava_main'] },
  { id: 'llama-mtmd', verdict: 'cpu', programs: ['llama-mtmd-cli'] },
  { id: 'llama-mtmd', options: { hexagon: 1 }, verdict: 'npu', programs: ['llama-mtmd-cli'] },
  { id: 'etqnn', verdict: 'npu', programs: ['libetqnn_runner.so'] },
];

for (const { id, options, verdict, programs } of ROWS)
  test(`${id} ${JSON.stringify(options ?? {})}: installs, runs, reports, and its link repeats`, async ({
    page,
    context,
  }) => {
    const reads = OFFERS[id].pictures !== false;
    const visitor = await visit(page, id, options);
    if (!reads) await expect(page.getByText('This pipeline reads text alone')).toBeVisible();
    await expect(page.getByRole('list', { name: 'Samples' })).toHaveCount(reads ? 1 : 0);
    await visitor.question.fill(QUESTION);
    await visitor.run.click();
    if (!OFFERS[id].streams) {
      await expect(
        page.getByText('the answer comes whole at the end', { exact: true }),
      ).toBeVisible();
      await expect(visitor.answer).toHaveText('');
    }
    await visitor.answered();
    const answer = await visitor.answer.innerText();
    expect(answer).toMatch(reads ? /blue/i : /\w/);
    await expect(page.getByText(SIMULATED_RUNNER_LABEL).first()).toBeVisible();

    const report = await reportOf(page);
    expect(report.runnerNote).toBe(SIMULATED_RUNNER_LABEL);
    const ran = report.commands.map(({ argv }) => argv[0].replace(/.*\//, ''));
    expect(ran).toEqual(programs);
    const { accelerator } = report;
    expect(accelerator.verdict).toBe(verdict);
    if (verdict === 'npu')
      for (const part of Object.keys(accelerator.requested) as ('vision' | 'language')[])
        expect(accelerator.proofs[part]?.line).toMatch(/\S/);
    expect(report.spans.length).toBeGreaterThan(1);
    if (!OFFERS[id].streams) expect(report.arrivals).toHaveLength(1);
    expect(report.input === undefined).toBe(!reads);
    expect(report.recipe.image.kind).toBe(reads ? 'sample' : 'none');
    if (verdict === 'npu')
      await expect(page.getByRole('list', { name: 'NPU checks' })).toContainText('opens with');

    const link = await visitor.link();
    const other = await context.newPage();
    const receiver = new Visitor(other);
    await receiver.open(link.slice(link.indexOf('#')));
    await receiver.connect();
    // The text runner's own temperature is not 0: its words differ, and the link is repeated all the same.
    if (reads) expect(await receiver.ask()).toBe(answer.trim());
    else await receiver.ask();
    await expect(other.getByText('repeats the link exactly')).toBeVisible();
    expect([...visitor.complaints, ...receiver.complaints]).toEqual([]);
  });

for (const [id, mark] of [
  ['qnn-multimodal', /--prompt .*--prompt /],
  ['fastvlm', /--restore /],
] as const)
  test(`${id} keeps a conversation where it is wanted`, async ({ page }) => {
    const visitor = await visit(page, id, { conversation: 1 });
    expect(await visitor.ask(QUESTION)).toMatch(/blue/i);
    expect((await reportOf(page)).recipe.earlier).toBeUndefined();
    expect(await visitor.ask('How many shapes are there?')).toMatch(/three|3/i);
    const { commands, recipe, warnings } = await reportOf(page);
    expect(recipe.earlier).toEqual([QUESTION]);
    expect(commands.map(({ argv }) => argv.join(' ')).join('\n')).toMatch(mark);
    expect(warnings).toEqual([]);
  });

/** Of each pipeline, at each stage, each kind of end. */
const FAILURES = [
  ...['qnn-device', 'image-undecodable-fork'], // omniinfer
  ...['qnn-version', 'image-encode'], // qnn-multimodal
  ...['genie-context', 'not-found-silent'], // fastvlm
  ...['killed', 'pair'], // llava, llama-mtmd
  'text-device', // etqnn
].map((name): Example => {
  const example = EXAMPLES.find(({ id }) => id === name);
  if (!example) throw new Error(`no example is called ${name}`);
  return example;
});

for (const example of FAILURES)
  test(`${example.pipeline} fails with ${example.id}: said, with a way out and evidence`, async ({
    page,
  }) => {
    const { code, stdout, stderr } = example;
    if (!code) throw new Error('a failure has a code');
    const visitor = new Visitor(page);
    await visitor.open();
    await page.getByText('Make trouble').click();
    await page.getByLabel('Runner fails with').selectOption(example.id);
    await visitor.connect();
    await expect(page.getByLabel('Pipeline', { exact: true })).toHaveValue(example.pipeline);
    await visitor.question.fill(QUESTION);
    await visitor.run.click();
    const { title, ways } = messageFor(code, 'linux');
    await expect(visitor.trouble).toContainText(title, { timeout: 40_000 });
    await expect(visitor.trouble).toContainText(ways[0]?.replaceAll('`', '') ?? '');
    await visitor.trouble.getByText('Details for a bug report').click();
    const details = await visitor.trouble.locator('pre').innerText();
    expect(details).toContain(code);
    const printed = [...stdout, ...stderr].map((line) => line.trim()).filter(Boolean);
    const shown = printed.some((line) => details.includes(line));
    expect(shown || details.includes(`exit code ${example.exitCode}`)).toBe(true);
    expect(visitor.complaints).toEqual([]);
  });
