import { expect, test } from 'vitest';
import { readPte } from '../../../../src/domain/formats/pte';
import { pteKind } from '../../../../src/domain/formats/pte-kind';
import { rangedOf } from '../../../../src/domain/formats/ranged';
import { FLOAT, INT32, INT64, pte, type FakeMethod } from '../../../fakes/pte';

const QNN = ['QnnBackend'];
const read = async (bytes: Uint8Array) => {
  const file = await readPte(rangedOf(bytes));
  return file.ok ? file.value : (file.failure.detail ?? '');
};

test('methods, backends, shapes and constants are read', async () => {
  const encoder: FakeMethod = {
    ...{ name: 'forward', backends: ['QnnBackend', 'QnnBackend', 'XnnpackBackend'] },
    ...{ inputs: [[FLOAT, [1, 3, 512, 512]]], outputs: [[FLOAT, [1, 64, 960]]] },
  };
  const constants: FakeMethod[] = [
    { name: 'get_dim', constant: 960 },
    { name: 'use_kv_cache', constant: true },
  ];
  expect(await read(pte([encoder, ...constants]))).toEqual({
    methods: [
      {
        ...{ name: 'forward', backends: ['QnnBackend', 'XnnpackBackend'], constant: undefined },
        inputs: [{ dtype: 'float32', sizes: [1, 3, 512, 512] }],
        outputs: [{ dtype: 'float32', sizes: [1, 64, 960] }],
      },
      ...[
        { name: 'get_dim', constant: 960 },
        { name: 'use_kv_cache', constant: true },
      ].map((method) => ({ ...method, backends: [], inputs: [], outputs: [] })),
    ],
    targets: [],
  });
});

test('the chip is read from the QNN parts, and only from them', async () => {
  const target = [57, 75] as const;
  const parts: FakeMethod[] = [
    { name: 'prefill_forward', backends: ['XnnpackBackend', 'QnnBackend', 'QnnBackend'], target },
    { name: 'kv_forward', backends: QNN, target },
  ];
  expect(await read(pte(parts))).toMatchObject({ targets: [{ socId: 57, htpArch: 'v75' }] });
  const cpu: FakeMethod = { name: 'forward', backends: ['XnnpackBackend'], target };
  expect(await read(pte([cpu]))).toMatchObject({ targets: [] });
});

test.each<[string, FakeMethod[]]>([
  ['llava', [{ name: 'vision_encoder' }, { name: 'token_embedding' }, { name: 'text_decoder' }]],
  ['hybrid-decoder', [{ name: 'prefill_forward', backends: QNN }, { name: 'kv_forward' }]],
  ['kv-decoder', [{ name: 'kv_forward' }]],
  ['kv-decoder', [{ name: 'forward' }, { name: 'get_n_layers', constant: 24 }]],
  ['embedding', [{ name: 'tok_embedding_kv_forward' }]],
  [
    'embedding',
    [{ name: 'forward', inputs: [[INT64, [1, 32]]], outputs: [[FLOAT, [1, 32, 896]]] }],
  ],
  ['encoder', [{ name: 'forward', inputs: [[FLOAT, [1, 3, 448, 448]]] }]],
  ['unknown', [{ name: 'forward', inputs: [[INT32, [1]]], outputs: [[FLOAT, [1]]] }]],
  ['unknown', [{ name: 'other' }]],
])('%s is told by its methods', async (kind, methods) => {
  const file = await readPte(rangedOf(pte(methods)));
  if (!file.ok) throw new Error(file.failure.detail);
  expect(pteKind(file.value)).toBe(kind);
});

const whole = pte([{ name: 'forward' }], [[0, 5000]]);
test.each<[string, Uint8Array, RegExp]>([
  ['nothing', new Uint8Array(), /byte 4 of 0/],
  [
    'another file',
    new TextEncoder().encode('GGUF\x03\0\0\0'.repeat(9)),
    /identifier is "\?\?\?\?"/,
  ],
  ['half a file', whole.subarray(0, whole.length - 100), /cut off: \d+ bytes/],
  ['no methods', pte([]), /has 0 methods/],
])('%s is refused', async (_, bytes, why) => expect(await read(bytes)).toMatch(why));
