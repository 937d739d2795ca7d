import type { OptionValues } from '../../domain/pipeline';
import { numberOf, type FastVlm } from './model';

/**
 * Genie's settings as strict JSON. Genie resolves paths against its working directory: all are absolute.
 * Source: AryamaVMurthy/VLM_on_edge, fastvlm_genie_npu.json (NPU) and the CPU decoder's of its main branch.
 */
export function genieSettings(model: FastVlm, options: OptionValues, maxTokens: number): string {
  const onNpu = model.decoder.on === 'npu';
  const { width, vocabulary, context } = model.shape;
  const dialog = {
    version: 1,
    type: 'basic',
    'max-num-tokens': maxTokens,
    embedding: {
      version: 1,
      size: width,
      ...(onNpu && { type: 'lut', 'lut-path': model.lut.path }),
      datatype: model.lut.type === 'float32' ? 'float32' : 'native',
    },
    context: {
      version: 1,
      size: context,
      'n-vocab': vocabulary,
      'bos-token': model.ids.begin,
      'eos-token': model.ids.end,
      'pad-token': model.ids.pad,
      'n-embd': width,
      'eot-token': model.ids.end,
    },
    sampler: sampler(options),
    tokenizer: { version: 1, path: model.tokenizer },
    engine: onNpu ? npuEngine(model) : cpuEngine(model),
    'stop-sequence': ['<|im_end|>'],
  };
  return `${JSON.stringify({ dialog }, undefined, 2)}\n`;
}

function sampler(options: OptionValues) {
  const temperature = options['temperature'] ?? 0.6;
  return {
    version: 1,
    seed: options['seed'] ?? 0,
    temp: temperature || 1,
    'top-k': options['top-k'] ?? 40,
    'top-p': options['top-p'] ?? 0.9,
    greedy: temperature === 0,
  };
}

function npuEngine({ decoder, extensions, facts }: FastVlm) {
  const mask = facts['cpuMask'];
  return {
    version: 1,
    'n-threads': numberOf(facts, 'npuThreads'),
    backend: {
      version: 1,
      type: 'QnnHtp',
      QnnHtp: {
        version: 1,
        'spill-fill-bufsize': numberOf(facts, 'spillFill'),
        'use-mmap': true,
        'mmap-budget': 0,
        poll: true,
        'cpu-mask': typeof mask === 'string' ? mask : '0xe0',
        'kv-dim': numberOf(facts, 'kvDim'),
        'allow-async-init': false,
        'kv-update-method': 'pointer-shift',
        'enable-graph-switching': false,
      },
      ...(extensions && { extensions }),
    },
    model: {
      version: 1,
      type: 'binary',
      binary: { version: 1, 'ctx-bins': [decoder.path] },
      'positional-encoding': {
        type: 'rope',
        'rope-dim': numberOf(facts, 'ropeDim'),
        'rope-theta': numberOf(facts, 'ropeTheta'),
      },
    },
  };
}

function cpuEngine({ decoder, shape, facts }: FastVlm) {
  return {
    version: 1,
    'n-threads': numberOf(facts, 'cpuThreads'),
    backend: {
      version: 1,
      type: 'QnnGenAiTransformer',
      QnnGenAiTransformer: {
        version: 1,
        'model-input': 'embeddings',
        'use-mmap': true,
        'n-layer': numberOf(facts, 'layers'),
        'n-embd': shape.width,
        'n-heads': numberOf(facts, 'heads'),
        'n-kv-heads': numberOf(facts, 'kvHeads'),
      },
    },
    model: { version: 1, type: 'library', library: { version: 1, 'model-bin': decoder.path } },
  };
}
