import { expect, test } from 'vitest';
import { readGenieConfig } from '../../../../src/domain/formats/genie-config';
import { fileKind } from '../../../../src/domain/formats/kind';
import { readQnnInfo } from '../../../../src/domain/formats/qnn-info';
import { readTokenizerBin } from '../../../../src/domain/formats/tokenizer-bin';
import type { Result } from '../../../../src/domain/result';
import { elf } from '../../../fakes/elf';
import { gguf, joined, u32 } from '../../../fakes/gguf';
import { pte } from '../../../fakes/pte';

const bytes = (text: string) => new TextEncoder().encode(text);
const outcome = <T>(result: Result<T>) => (result.ok ? result.value : result.failure.detail);

test.each<[string, Uint8Array]>([
  ['elf', elf()],
  ['gguf', gguf([])],
  ['pte', pte([{ name: 'forward' }])],
  ['lfs', bytes('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')],
  ['zip', bytes('PK\x03\x04')],
  ['json', bytes('\uFEFF\n {"dialog": {}}')],
  ['html', bytes('<!DOCTYPE html>')],
  ['other', new Uint8Array(64)],
  ['other', new Uint8Array()],
])('%s is told by its first bytes', (kind, head) => expect(fileKind(head).is).toBe(kind));

const word = (text: string) => joined(u32(0), u32(text.length), bytes(text));
const header = (...numbers: number[]) => joined(...numbers.map(u32));
test('a llama2.c tokenizer fills its file exactly', () => {
  const good = joined(header(3, 1, 2, 5), word('<unk>'), word('<s>'), word('</s>'));
  expect(outcome(readTokenizerBin(good))).toEqual({ words: 3, bos: 1, eos: 2 });
  expect(outcome(readTokenizerBin(good.subarray(0, -1)))).toBe('it ends in word 2 of 3');
  expect(outcome(readTokenizerBin(joined(good, u32(0))))).toBe('4 bytes too many after its words');
  expect(outcome(readTokenizerBin(bytes('{"model": {"type": "BPE"}}')))).toMatch(/not a llama2.c/);
  expect(outcome(readTokenizerBin(new Uint8Array(3)))).toBe('only 3 bytes');
});

test('a Genie dialog: sizes and backend', () => {
  const dialog = {
    context: { size: 512, 'n-vocab': 151_936, 'n-embd': 896 },
    engine: {
      ...{ 'n-threads': 3, model: { 'positional-encoding': { 'rope-theta': 1_000_000 } } },
      backend: { type: 'QnnHtp', QnnHtp: { 'kv-dim': 64, 'cpu-mask': '0xe0' } },
    },
  };
  const read = (text: string) => outcome(readGenieConfig(text));
  const sizes = { context: 512, vocabulary: 151_936, width: 896 };
  expect(read(JSON.stringify({ dialog }))).toEqual({
    ...{ ...sizes, backend: 'QnnHtp' },
    settings: { npuThreads: 3, kvDim: 64, cpuMask: '0xe0', ropeTheta: 1_000_000 },
  });
  dialog.engine.backend.type = 'QnnGenAiTransformer';
  expect(read(JSON.stringify({ dialog }))).toMatchObject({ settings: {} });
  expect(read('{"dialog": {} // comment\n}')).toMatch(/strict JSON/);
  expect(read('{"text-generator": {}}')).toMatch(/^dialog: /);
  expect(read('{"dialog": {"context": {"size": -1}}}')).toMatch(/^dialog.context.size: /);
});

test('what the context utility says of a graph, in both of its forms', () => {
  const tensor = (dataType: string, dimensions: number[], scaleOffset?: object) => ({
    info: {
      name: 't',
      dataType: `QNN_DATATYPE_${dataType}`,
      dimensions,
      quantizeParams: { scaleOffset },
    },
  });
  const graphInputs = [tensor('UFIXED_POINT_8', [1, 1024, 1024, 3], { scale: 1 / 255, offset: 0 })];
  const graphOutputs = [tensor('FLOAT_32', [1, 256, 896], { scale: 0, offset: 0 })];
  const graphs = [{ info: { graphInputs, graphOutputs } }];
  const expected = {
    inputs: [{ name: 't', dtype: 'uint8', sizes: [1, 1024, 1024, 3], scale: 1 / 255, offset: 0 }],
    outputs: [{ name: 't', dtype: 'float32', sizes: [1, 256, 896] }],
  };
  for (const form of [{ graphs }, { info: { graphs } }])
    expect(outcome(readQnnInfo(JSON.stringify(form)))).toEqual(expected);
  expect(outcome(readQnnInfo('{"graphs": []}'))).toMatch(/graphInputs/);
  expect(outcome(readQnnInfo('{'))).toBe('not JSON');
});
