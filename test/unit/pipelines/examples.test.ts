import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInProcessUsb } from '../../../src/adapters/virtual/in-process';
import { simulatedRunners } from '../../../src/adapters/virtual/simulated';
import type { Device } from '../../../src/domain/device';
import type { ScriptedFailure } from '../../../src/domain/virtual';
import { probe } from '../../../src/flows/probe';
import { PIPELINES } from '../../../src/pipelines';
import { CATALOGUE } from '../../../src/pipelines/catalogue';
import { EXAMPLES, scriptOf } from '../../../src/pipelines/examples';
import { openDevice } from '../../contract/phones';
import { bring, type Brought } from '../../device/ask-simulated';
import { must, NEVER } from '../../device/connect';
import { tinyEngine } from '../../fakes/tiny-engine';

let script: ScriptedFailure | undefined;
let device: Device;

beforeAll(async () => {
  const { usb } = createInProcessUsb({
    programs: (phone) => simulatedRunners(phone, tinyEngine, () => script),
  });
  device = await openDevice({ kind: 'virtual phone', usb, [Symbol.asyncDispose]: async () => {} });
});
afterAll(() => device[Symbol.asyncDispose]());

const rows = Object.entries(PIPELINES).flatMap(([id, pipeline]) => {
  const examples = EXAMPLES.filter((one) => one.pipeline === id);
  return examples.length ? [{ id, pipeline, examples }] : [];
});

describe.each(rows)('$id on the virtual phone', ({ id, pipeline, examples }) => {
  let simulated: Brought;
  beforeAll(async () => {
    simulated = await bring(pipeline, id, { device, facts: must(await probe(device, NEVER)) });
  }, 60_000);
  afterAll(() => simulated[Symbol.asyncDispose]());

  test.each(examples)('fails with $code: $id', async (example) => {
    script = scriptOf(example);
    const { failure, text, warnings } = await simulated.ask({ prompt: 'What is it?' });
    expect(failure?.code).toBe(example.code);
    const printed = [...example.stderr, ...example.stdout];
    const line = failure?.detail?.replace(/(; |^)exit code \d+$/, '') ?? '';
    if (line) expect(printed.join('\n')).toContain(line.trim());
    if (example.code) return;
    expect(text).toBe('two red circles');
    const notes = CATALOGUE.filter(
      ({ weight, seen }) => weight === 'note' && printed.some((each) => seen?.test(each)),
    );
    for (const { code } of notes) expect(warnings).toMatchObject([{ code }]);
  });

  test('and answers without', async () => {
    script = undefined;
    expect(await simulated.ask({ prompt: 'What is it?' })).toMatchObject({
      ...{ is: 'done', text: 'two red circles', failure: undefined },
    });
  });
});
