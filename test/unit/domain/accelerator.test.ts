import { expect, test } from 'vitest';
import { verdict, type Proofs } from '../../../src/domain/accelerator';

const npu = { vision: 'npu', language: 'npu' } as const;
const on = (vision?: 'npu' | 'cpu', language?: 'npu' | 'cpu'): Proofs => ({
  ...(vision && { vision: { on: vision, line: 'a' } }),
  ...(language && { language: { on: language, line: 'b' } }),
});

test('the NPU is said only when every part has a line that proves it', () => {
  expect(verdict(npu, on('npu', 'npu'))).toBe('npu');
  expect(verdict(npu, on('npu'))).toBe('not-proven');
  expect(verdict(npu, on())).toBe('not-proven');
});

test('a part that fell back is said, also when the other did not', () => {
  expect(verdict(npu, on('cpu', 'npu'))).toBe('partly-npu');
  expect(verdict(npu, on('cpu', 'cpu'))).toBe('cpu-fallback');
});

test('a part that was meant for the CPU makes the whole partly NPU at best', () => {
  const mixed = { vision: 'npu', language: 'cpu' } as const;
  expect(verdict(mixed, on('npu'))).toBe('partly-npu');
  expect(verdict(mixed, on('cpu'))).toBe('cpu-fallback');
  expect(verdict(mixed, on())).toBe('not-proven');
});

test('where no NPU was asked for there is nothing to prove', () => {
  expect(verdict({ vision: 'cpu', language: 'cpu' }, on())).toBe('cpu');
  expect(verdict({ vision: 'gpu', language: 'cpu' }, on())).toBe('gpu');
});

test('a pipeline without eyes is on the NPU when its language model is', () => {
  expect(verdict({ language: 'npu' }, on(undefined, 'npu'))).toBe('npu');
  expect(verdict({ language: 'npu' }, on())).toBe('not-proven');
  expect(verdict({ language: 'npu' }, on(undefined, 'cpu'))).toBe('cpu-fallback');
});
