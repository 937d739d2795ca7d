import { expect, test } from 'vitest';
import { logReader, rssBytes } from '../../../../src/pipelines/executorch/log';

const at = '00:01:09.501139 executorch:multimodal_runner.cpp:646]';

test('a record has its level, its time in whole microseconds, and its message', () => {
  const read = logReader();
  expect(
    read(`I ${at} RSS after finishing text generation: 419.035156 MiB (0 if unsupported)`),
  ).toMatchObject({
    ...{ from: 'executorch', level: 'info', atMs: 69501.139, continued: false },
    message: 'RSS after finishing text generation: 419.035156 MiB (0 if unsupported)',
  });
  expect(read('[ERROR] [Qnn ExecuTorch]: Fail to initialize Qnn Manager')).toMatchObject({
    ...{ from: 'qnn', level: 'error', atMs: undefined, continued: false },
    message: 'Fail to initialize Qnn Manager',
  });
  expect(read('Aborted')).toMatchObject({ from: 'other', message: 'Aborted', continued: false });
});

test('a message that begins with a line end is whole on the next line', () => {
  const read = logReader();
  expect(read(`I ${at} `)).toMatchObject({ message: '', continued: false });
  expect(read('Reached to the end of generation')).toMatchObject({
    ...{ from: 'executorch', message: 'Reached to the end of generation', continued: false },
  });
  expect(read('another')).toMatchObject({ continued: true });
});

test('later lines of a record that has text belong to it, whatever they look like', () => {
  const read = logReader();
  read(`I ${at} Turn-0: {id: 0, text: "a question`);
  for (const line of ['Reached to the end of generation', 'RSS after prompt prefill: 9 MiB'])
    expect(read(line)).toMatchObject({ from: 'executorch', continued: true });
  expect(read('[INFO] [Qnn ExecuTorch]: x').continued).toBe(false);
  expect(read('Killed')).toMatchObject({ from: 'other', continued: false });
});

test('memory is bytes, and 0 means that it is not known', () => {
  expect(rssBytes('RSS after prompt prefill: 418.820312 MiB (0 if unsupported)')).toBe(439164928);
  expect(rssBytes('RSS after prompt prefill: 0.000000 MiB (0 if unsupported)')).toBeUndefined();
  expect(rssBytes('RSS after prompt prefill: 1.2.3 MiB')).toBeUndefined();
  expect(rssBytes('the RSS after x: 4.0 MiB')).toBeUndefined();
});
