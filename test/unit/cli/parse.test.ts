import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from '../../../src/cli/parse';
import { pipelines } from '../../../src/cli/pipelines';
import type { RunSummary } from '../../../src/cli/run-summary';
import { PIPELINES } from '../../../src/pipelines';
import { readCases, type Piece } from '../../golden/replay';
import { cli } from './cli';

const golden = join(import.meta.dirname, '../../golden/pipelines/qnn-multimodal/transcripts.txt');
const cases = new Map(readCases(readFileSync(golden, 'utf8')).map((one) => [one.id, one]));
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plugsight-parse-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** The command in this process: starting Node takes a second. */
async function run(command: typeof parse, args: readonly string[]) {
  const said = (spy: { mock: { calls: unknown[][] } }) => spy.mock.calls.flat().join('\n');
  const out = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    const code = await command(args);
    return { code, stdout: said(out), stderr: said(error) };
  } finally {
    vi.restoreAllMocks();
  }
}

/** Writes a case as the files that a person would have saved; gives the arguments that name them. */
async function saved(id: string, output: string): Promise<string[]> {
  const log = cases.get(id);
  if (!log) throw new Error(`no case ${id}`);
  const write = async (name: string, text: string) => {
    await writeFile(join(dir, `${id}.${name}`), text);
    return join(dir, `${id}.${name}`);
  };
  const text = (from: Piece['from']) =>
    log.output.flatMap((piece) => (piece.from === from ? [piece.text] : [])).join('');
  return [
    ...['--pipeline', 'qnn-multimodal'],
    ...['--stdout', await write('stdout', text('stdout'))],
    ...['--stderr', await write('stderr', text('stderr'))],
    ...(output ? ['--file', `outputs/outputs.txt=${await write('file', output)}`] : []),
  ];
}

test('a whole run is one JSON object', async () => {
  const output = cases.get('b2-smolvlm-outputs')?.file ?? '';
  const args = await saved('b2-smolvlm-full', output);
  const { code, stdout, stderr } = await cli(['parse', ...args, '--exit', '0']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const summary = JSON.parse(stdout) as RunSummary;
  expect(summary).toMatchObject({
    ...{ text: 'The image shows a statue on an island.', failure: null, finish: 'stop' },
    ...{ phases: ['load', 'encode', 'prefill', 'decode'], warnings: [] },
    backend: { requested: { vision: 'npu', language: 'npu' }, verdict: 'npu' },
  });
  expect(summary.stats).toMatchObject({ load_ms: 370, prompt_tokens: 81, decode_ms: 8818 });
  const asked = await cli(['parse', ...args, '--prompt', 'Another question?']);
  expect(JSON.parse(asked.stdout)).toMatchObject({ text: summary.text });
});

test('a failed run says what happened, what to do, and which line shows it', async () => {
  const args = await saved('b-err-context', '');
  const { code, stdout } = await run(parse, [...args, '--exit', '134']);
  expect(code).toBe(0);
  const { failure } = JSON.parse(stdout) as RunSummary;
  expect(failure?.code).toBe('qnn-context');
  expect(failure?.title).not.toBe('');
  expect(failure?.remedy).not.toBe('');
  expect(failure?.evidence).toContain("Can't create context from binary. Error 5000.");
});

test('exit code 0 is no proof: a result file that was looked at and is empty', async () => {
  const args = await saved('b2-smolvlm-full', '');
  const empty = join(dir, 'empty');
  await writeFile(empty, '');
  const { stdout } = await run(parse, [...args, '--file', `outputs.txt=${empty}`, '--exit', '0']);
  expect(JSON.parse(stdout)).toMatchObject({ text: '', failure: { code: 'answer-missing' } });
});

test('files that cannot be used end it with 1 and their name', async () => {
  const huge = join(dir, 'huge');
  await writeFile(huge, '');
  await truncate(huge, (64 << 20) + 1);
  const binary = join(dir, 'binary');
  await writeFile(binary, Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0]));
  for (const [path, why] of [
    [join(dir, 'none'), 'no such file'],
    [dir, 'directory'],
    [huge, 'more than 67108864 bytes'],
    [binary, 'not a text file (NUL at byte 7)'],
  ] as const) {
    const { code, stdout, stderr } = await run(parse, [
      '--pipeline',
      'omniinfer',
      '--stderr',
      path,
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(path);
    expect(stderr).toContain(why);
  }
});

test('bytes that are no text are read, and nothing is made of them', async () => {
  const noise = join(dir, 'noise');
  await writeFile(
    noise,
    Uint8Array.from({ length: 5000 }, (_, i) => 1 + ((i * 7919) % 255)),
  );
  const { code, stdout } = await run(parse, ['--pipeline', 'omniinfer', '--stdout', noise]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ text: '', stats: {}, failure: null, finish: null });
});

test.each([
  [[], '--pipeline is missing'],
  [['--pipeline', 'nope'], 'there is no pipeline "nope"'],
  [['--pipeline', 'toString'], 'there is no pipeline "toString"'],
  [['--pipeline', 'omniinfer'], 'nothing to read'],
  [['--pipeline', 'omniinfer', '--exit', '256'], '--exit 256'],
  [['--pipeline', 'omniinfer', '--exit', 'x'], '--exit x'],
  [['--pipeline', 'omniinfer', '--file', 'outputs.txt'], '--file outputs.txt'],
  [['--pipeline', 'omniinfer', '--exit', '0', '--earlier', 'x'], '--earlier needs --prompt'],
  [['--bogus'], 'bogus'],
])('wrong arguments %j end it with 2', async (args, why) => {
  const { code, stdout, stderr } = await run(parse, [...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(why);
  expect(stderr).toContain('usage:');
});

test('the list has every pipeline, with whether it streams', async () => {
  const { code, stdout } = await run(pipelines, []);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual(
    Object.entries(PIPELINES).map(([id, { title, streams }]) =>
      [id, streams ? 'streams' : 'at the end', title].join('\t'),
    ),
  );
  const json = await run(pipelines, ['--json']);
  expect(JSON.parse(json.stdout)).toContainEqual(expect.objectContaining({ id: 'omniinfer' }));
  expect((await run(pipelines, ['--bogus'])).code).toBe(2);
});
