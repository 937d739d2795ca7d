import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModel } from '../../../../src/pipelines/fastvlm/model';
import { genieSettings } from '../../../../src/pipelines/fastvlm/settings';
import { QNN_RUNNER, fastVlmModel } from '../../../fakes/fastvlm-bundles';
import { setupOf } from '../../../fakes/step-job';

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../../golden/genie/${name}.json`), 'utf8'));
/** Bytes of 151936 x 896 values. */
const LUT = { float32: 544_538_624, float16: 272_269_312 };
const DECODERS = ['fastvlm_full.bin', 'decoder_cpu.bin'];

function settings(lutBytes: number, options: Record<string, number>, maxTokens: number) {
  const setup = setupOf(QNN_RUNNER, fastVlmModel(lutBytes, { decoders: DECODERS }));
  const model = readModel(setup, options);
  if (!model.ok) throw new Error(model.failure.detail);
  return genieSettings(model.value, options, maxTokens);
}

test('the NPU decoder gets the documented settings, as strict JSON with absolute paths', () => {
  const text = settings(LUT.float32, { temperature: 0.6, seed: 42 }, 232);
  expect(JSON.parse(text)).toEqual(golden('npu'));
});

test('the CPU decoder gets those of its engine, and a float16 table is native', () => {
  const text = settings(LUT.float16, { temperature: 0, 'npu-decoder': 0 }, 100);
  expect(JSON.parse(text)).toEqual(golden('cpu'));
});

test('a table of no known size is refused with the sizes that would do', () => {
  const setup = setupOf(QNN_RUNNER, fastVlmModel(50_000_000));
  const model = readModel(setup, {});
  expect(model).toMatchObject({ ok: false, failure: { code: 'embeddings-invalid' } });
  expect(!model.ok && model.failure.detail).toMatch(/544538624 \(f32\) or 272269312 \(f16\)/);
});

test('a vision graph that gives bytes needs its scale from the manifest', () => {
  const setup = setupOf(QNN_RUNNER, fastVlmModel(LUT.float32, { facts: { rowsDtype: 'uint8' } }));
  expect(readModel(setup, {})).toMatchObject({ failure: { code: 'embeddings-invalid' } });
});

test.each([
  [['fastvlm_full.bin'], 0, 'npu'],
  [['decoder_cpu.bin'], 1, 'cpu'],
  [DECODERS, 1, 'npu'],
  [DECODERS, 0, 'cpu'],
] as const)('of decoders %s, option %d takes the one on the %s', (decoders, option, on) => {
  const setup = setupOf(QNN_RUNNER, fastVlmModel(LUT.float32, { decoders }));
  const model = readModel(setup, { 'npu-decoder': option });
  expect(model.ok && model.value.decoder.on).toBe(on);
});
