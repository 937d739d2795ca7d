import { describe, expect, test } from 'vitest';
import { TEMPLATES, askAbout, promptPieces, renderPrompt } from '../../../src/templates';
import { RUNNER_TEMPLATES } from '../../../src/templates/runners';
import type { Turn } from '../../../src/templates/template';

const text = (role: Turn['role'], text: string): Turn => ({
  role,
  parts: [{ kind: 'text', text }],
});
const none = { imageTokens: undefined, tiles: [] };

describe('conversations of several turns', () => {
  const turns = [...askAbout('What is this?'), text('assistant', 'A cat.'), text('user', 'Sure?')];

  test.each([
    [
      'qwen3_vl',
      '<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>What is this?<|im_end|>\n<|im_start|>assistant\nA cat.<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\n',
    ],
    [
      'smolvlm',
      '<|im_start|>User:<image>What is this?<end_of_utterance>\nAssistant: A cat.<end_of_utterance>\nUser: Sure?<end_of_utterance>\nAssistant:',
    ],
    ['llava15', 'USER: <image>\nWhat is this? ASSISTANT: A cat. USER: Sure? ASSISTANT:'],
  ] as const)('%s', (family, rendered) => {
    expect(renderPrompt(TEMPLATES[family], turns)).toEqual({ ok: true, value: rendered });
  });

  test('LLaVA puts pictures before the text of their turn', () => {
    const late: Turn = { role: 'user', parts: [...text('user', 'Look:').parts, { kind: 'image' }] };
    expect(TEMPLATES.llava15.render([late])).toBe('USER: <image>\nLook: ASSISTANT:');
  });

  test('a thinking model begins with a thought', () => {
    expect(TEMPLATES.qwen3_vl_thinking.render(turns)).toMatch(/assistant\n<think>\n$/);
  });
});

describe('markers', () => {
  test.each(Object.entries(TEMPLATES))('%s refuses its own marker in a question', (_, template) => {
    const typed = renderPrompt(template, askAbout(`What does ${template.marker} mean?`));
    expect(typed).toMatchObject({ ok: false, failure: { code: 'prompt-marker' } });
  });

  test('FastVLM leaves a gap, which is not tokenised', () => {
    const rendered = TEMPLATES.fastvlm.render(askAbout('Describe this image.'));
    expect(promptPieces(TEMPLATES.fastvlm, rendered, [none])).toEqual([
      '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n',
      '\nDescribe this image.<|im_end|>\n<|im_start|>assistant\n',
    ]);
  });

  test('each picture gets its own tokens', () => {
    const [prompt] = promptPieces(TEMPLATES.llava15, '<image> and <image>', [
      { imageTokens: 1, tiles: [] },
      { imageTokens: 2, tiles: [] },
    ]);
    expect(prompt).toBe('<image> and <image><image>');
  });

  test('another number of pictures than markers is a bug', () => {
    expect(() => promptPieces(TEMPLATES.qwen2_5_vl, 'nothing here', [none])).toThrow(/0 markers/);
  });
});

describe('what runners write by themselves', () => {
  const ask = { prompt: 'Describe.', system: '', images: 1 };

  test('OmniInfer puts the picture after the text, unless a marker says where', () => {
    const { rendered } = RUNNER_TEMPLATES['omniinfer-qwen2_5-vl'];
    const image = '<|vision_start|><__media__><|vision_end|>';
    expect(rendered(ask)).toContain(`user\nDescribe.${image}<|im_end|>`);
    expect(rendered({ ...ask, prompt: 'See <__media__>?' })).toContain(`See ${image}?<|im_end|>`);
  });

  test('LLaVA on ExecuTorch gets its preset and the end of the turn', () => {
    expect(RUNNER_TEMPLATES['executorch-llava15'].rendered(ask)).toMatch(
      /questions\. USER: <image>Describe\. ASSISTANT:$/,
    );
  });
});
