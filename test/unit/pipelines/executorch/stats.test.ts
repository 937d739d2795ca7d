import { expect, test } from 'vitest';
import { parseObserver, statEvents, statsReader } from '../../../../src/pipelines/executorch/stats';

const KEYS = {
  ...{ prompt_tokens: 81, generated_tokens: 454 },
  ...{ model_load_start_ms: 1751021368585, model_load_end_ms: 1751021368955 },
  ...{ inference_start_ms: 1751021368955, inference_end_ms: 1751021377890 },
  ...{ prompt_eval_end_ms: 1751021369072, first_token_ms: 1751021369072 },
  ...{ aggregate_sampling_time_ms: 782, SCALING_FACTOR_UNITS_PER_SECOND: 1000 },
};
const line = (keys: object) => `PyTorchObserver ${JSON.stringify(keys)}`;
const figures = (record: ReturnType<typeof parseObserver>) =>
  Object.fromEntries(
    [...statEvents(record ?? {})].flatMap((event) =>
      event.kind === 'stat' ? [[event.name, event.value] as const] : [],
    ),
  );
/** The differences of the stamps above, by hand. */
const EXPECTED = {
  ...{ load_ms: 370, prompt_tokens: 81, prefill_ms: 117, ttft_ms: 117, decode_ms: 8818 },
  ...{ prefill_rate: 81000 / 117, decode_rate: 454000 / 8818, tokens: 454, total_ms: 8935 },
};

test('figures are differences of the stamps, in every version of the record', () => {
  expect(figures(parseObserver(line(KEYS)))).toEqual(EXPECTED);
  const later = {
    ...{ prefill_token_per_sec: 692.308, decode_token_per_sec: 51.4856, ...KEYS },
    ...{ model_execution_start_ms: 0, aggregate_model_execution_time_ms: 0, gpu_total_bytes: 0 },
  };
  expect(figures(parseObserver(line(later)))).toEqual(EXPECTED);
});

test.each(['inf', '-inf', 'nan', '-nan'])('a rate of %s does not spoil the record', (value) => {
  const text = line(KEYS).replace('{', `{"prefill_token_per_sec":${value},"x": ${value},`);
  expect(figures(parseObserver(text))).toEqual(EXPECTED);
});

test('figures that the runner did not measure are left out', () => {
  const same = { ...KEYS, prompt_eval_end_ms: KEYS.inference_start_ms, first_token_ms: 0 };
  const got = figures(parseObserver(line(same)));
  expect(got).not.toHaveProperty('prefill_rate');
  expect(got).not.toHaveProperty('ttft_ms');
  expect(got).toMatchObject({ prefill_ms: 0, tokens: 454 });
  const backwards = { ...KEYS, inference_end_ms: 1, generated_tokens: -1 };
  expect(figures(parseObserver(line(backwards)))).not.toHaveProperty('decode_ms');
  expect(figures(parseObserver(line(backwards)))).not.toHaveProperty('tokens');
});

test.each([
  'PyTorchObserver {',
  'PyTorchObserver []',
  'PyTorchObserver',
  '{}',
  line(KEYS).slice(0, 90),
])('%j is not a record', (text) => expect(parseObserver(text)).toBeUndefined());

const words = (tab: string) => [
  `${tab}Prompt Tokens: 81${tab === '' ? ' ' : '    '}Generated Tokens: 454`,
  `${tab}Model Load Time:${tab}${tab || ' '}0.370000 (seconds)`,
  `${tab}Total inference time:${tab}${tab || ' '}8.935000 (seconds)${tab} Rate: ${tab}50.811416 (tokens/second)`,
  `${tab}${tab}Prompt evaluation:${tab || ' '}0.117000 (seconds)${tab}${tab} Rate: ${tab}inf (tokens/second)`,
  `${tab}${tab}Generated 454 tokens:${tab || ' '}8.818000 (seconds)${tab}${tab} Rate: ${tab}nan (tokens/second)`,
  `${tab}Time to first generated token:${tab || ' '}0.117000 (seconds)`,
  `${tab}Sampling time over 535 tokens:${tab || ' '}0.782000 (seconds)`,
];

test.each([
  ['TABs', '\t'],
  ['blanks', ''],
])('the block in words with %s gives the same', (_, tab) => {
  const reader = statsReader();
  for (const text of words(tab)) expect(reader.message(text)).toBe(true);
  expect(reader.message('Prompt Processor: total 81 prompt tokens')).toBe(false);
  expect(figures(reader.latest())).toEqual(EXPECTED);
  expect(reader.turns()).toBe(1);
});

test('of several turns the last one counts, and JSON before words', () => {
  const reader = statsReader();
  words('\t').forEach((text) => reader.message(text));
  reader.message('\tPrompt Tokens: 30    Generated Tokens: 5');
  expect(figures(reader.latest())).toEqual({ prompt_tokens: 30, tokens: 5 });
  expect(reader.turns()).toBe(2);
  expect(reader.stdout(line(KEYS))).toBe(true);
  expect(reader.stdout('')).toBe(false);
  expect(figures(reader.latest())).toEqual(EXPECTED);
});
