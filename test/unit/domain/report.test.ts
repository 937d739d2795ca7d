import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFacts } from '../../../src/domain/device-facts';
import type { PreparedInput } from '../../../src/domain/prepare';
import { toMarkdown, toReport, type ReportParts } from '../../../src/domain/report';
import { INITIAL_RUN, reduce, type ParsedEvent } from '../../../src/domain/run';
import { RECIPE } from '../../fakes/recipe';

const SERIAL = 'R58N30ABCDE';
/** Like the page's: a whole Device, whose serial number must stay behind. */
const DEVICE = { name: 'Phone', serial: SERIAL, simulated: false, transport: 'usb' };
const PROPS = `@props\n[ro.serialno]: [${SERIAL}]\n[ro.build.fingerprint]: [${SERIAL}]\n[ro.product.model]: [Phone]\n[ro.soc.model]: [SM8650]\n@end\n`;
const INPUT: PreparedInput = {
  recipe: { family: 'square-png', params: {} },
  plan: {
    ...{ crop: { x: 0, y: 0, width: 1, height: 1 }, width: 128, height: 128, bytes: 3 },
    ...{ imageTokens: 64, tiles: [] },
  },
  source: {
    ...{ bytes: 1, sha256: 'a', type: 'image/png' },
    ...{ width: 1, height: 1, rgbSha256: 'b' },
  },
  outputs: [
    { name: 'image.png', dtype: 'png', shape: [128, 128, 3], data: new Uint8Array(9), sha256: 'c' },
  ],
  ...{ preview: new Blob(), decoder: 'exact', core: 'simd', tookMs: 1 },
};
const events: ParsedEvent[] = [
  { kind: 'text', text: 'a red circle' },
  { kind: 'stat', name: 'decode_rate', value: 12.345, source: 'runner' },
  { kind: 'stat', name: 'ttft_page_ms', value: 900, source: 'page' },
  { kind: 'end', finish: 'stop' },
];
const run = events.reduce((state, event) => reduce(state, { ...event, atMs: 1 }), INITIAL_RUN);
const parts: ReportParts = {
  ...{ app: '0.1.0', madeAt: new Date(0), browser: 'Chromium', device: DEVICE, run },
  ...{ facts: parseFacts(PROPS, 'x'), recipe: RECIPE, input: INPUT },
  commands: [{ argv: ['/x/runner', '--serve'], cwd: '/x', env: {} }],
  requested: { vision: 'npu', language: 'npu' },
  simulatedRunner: false,
  build: { abi: 'arm64-v8a', cpu: ['asimddp', 'i8mm'] },
};
const markdown = (change: Partial<ReportParts> = {}) =>
  toMarkdown(toReport({ ...parts, ...change }), 'https://example.org/#r=d1.x');

test('figures keep their unit and who measured them', () => {
  expect(markdown()).toContain('| decode_rate | 12.3 tok/s | runner |');
  expect(markdown()).toContain('| ttft_page_ms | 900 ms | page |');
});

test('the build that the phone got, and how the phone was reached, are said', () => {
  expect(markdown()).toContain('- build arm64-v8a with asimddp, i8mm: /proc/cpuinfo lists them');
  expect(markdown({ build: { abi: 'x86_64', cpu: [] } })).toMatch(/- build x86.*, baseline/);
  expect(markdown({ build: undefined })).not.toContain('- build');
  expect(markdown()).toContain(', reached by usb');
  expect(toReport(parts).build).toEqual(parts.build);
});

test('a simulated phone is said to be one, in both forms', () => {
  const device = { ...DEVICE, simulated: true };
  expect(toReport({ ...parts, device }).device.note).toContain('simulated');
  expect(markdown({ device })).toMatch(
    /^# Run on Phone \(simulated\)\n\n\*\*virtual phone, simulated/,
  );
  expect(markdown()).not.toContain('simulated');
});

test('the report is plain data: JSON gives it back', () => {
  const report = toReport(parts);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(JSON.stringify(report)).not.toContain('preview');
});

test('no serial number is in it, whatever it looks like', () => {
  const serial = fc.stringMatching(/^[A-Z0-9]{8,20}$/);
  fc.assert(
    fc.property(serial, (number) => {
      const device = { ...DEVICE, serial: number };
      const facts = parseFacts(PROPS.replaceAll(SERIAL, number), 'x');
      const report = toReport({ ...parts, device, facts });
      expect(JSON.stringify(report)).not.toContain(number);
      expect(toMarkdown(report, '')).not.toContain(number);
    }),
  );
});

/** The lines of a Markdown text outside its fences, by CommonMark's rule (0.31, 4.5). */
function outside(text: string): string[] {
  let open: string | undefined;
  return text.split(/\r\n|\n|\r/).filter((line) => {
    const mark = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (open === undefined) {
      open = mark?.[1];
      return open === undefined;
    }
    if (mark?.[1] && mark[1].length >= open.length && mark[2]?.trim() === '') open = undefined;
    return false;
  });
}

test('hostile text stays in its fence', () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        '`',
        '```',
        '````',
        '\n',
        '\r',
        ' ',
        '# PWNED',
        '~~~',
        '<img src=x>',
        '| a |',
      ),
      {
        maxLength: 30,
      },
    )
    .map((pieces) => pieces.join(''));
  const calm = outside(markdown()).length;
  fc.assert(
    fc.property(hostile, hostile, hostile, (text, prompt, argument) => {
      const lines = outside(
        markdown({
          run: { ...run, text },
          recipe: { ...RECIPE, prompt },
          commands: [{ argv: ['x', argument], cwd: '/x', env: {} }],
        }),
      );
      expect(lines).toHaveLength(calm);
      expect(lines.join('\n')).not.toMatch(/PWNED|<img/);
    }),
    { numRuns: 500 },
  );
});

test('hostile names stay on their line and mean nothing', () => {
  const name = '# x\n\n# PWNED <img src=x> | [a](javascript:1) `b` **c**\r## d';
  const facts = { ...parts.facts, soc: name, android: name };
  const text = markdown({
    device: { ...DEVICE, name },
    facts,
    run: { ...run, facts: { engine: name } },
  });
  expect(outside(text)).toHaveLength(outside(markdown()).length);
  expect(text).not.toMatch(/(^|[^\\])<img|(^|[^\\])\[a\]|^# PWNED/m);
});
