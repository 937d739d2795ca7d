import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/adapters/tokenizer/compile';
import { Encoder } from '../../src/adapters/tokenizer/encoder';
import { TEMPLATES, askAbout, promptPieces, renderPrompt } from '../../src/templates';
import { RUNNER_TEMPLATES } from '../../src/templates/runners';
import type { PictureTokens, Template } from '../../src/templates/template';
import { qwenFile } from './tokenizer/qwen';

interface Vectors {
  readonly templates: {
    family: keyof typeof TEMPLATES;
    system: string | null;
    user_text: string;
    rendered: string;
  }[];
  readonly expansions: {
    family: keyof typeof TEMPLATES;
    case: string;
    placeholder: string;
    replacement_sha256: string;
    replacement_chars: number;
    replacement_head: string;
    full_prompt_sha256: string;
    n_image_tokens: number;
    n_ids?: number;
    ids_sha256_u32le?: string;
  }[];
  readonly on_device: {
    runner: string;
    system: string;
    prompt: string;
    rendered_by_runner: string;
  }[];
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, 'templates/prompts.json'), 'utf8'),
) as Vectors;

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

test('there are 22 templates, 11 expansions and 4 runner prompts', () => {
  expect([vectors.templates.length, vectors.expansions.length, vectors.on_device.length]).toEqual([
    22, 11, 4,
  ]);
});

test.each(vectors.templates)('$family: $user_text', ({ family, system, user_text, rendered }) => {
  const turns = askAbout(user_text, system ?? undefined);
  expect(renderPrompt(TEMPLATES[family], turns)).toEqual({ ok: true, value: rendered });
});

/** "rows_cols (3, 4)" as the tiles of a plan. */
function picture(name: string, imageTokens: number): PictureTokens {
  const [, rows = 0, columns = 0] = /^rows_cols \((\d+), (\d+)\)$/.exec(name)?.map(Number) ?? [];
  const tiles = Array.from({ length: rows * columns }, (_, i) => ({
    x: (i % columns) * 512,
    y: Math.floor(i / columns) * 512,
    width: 512,
    height: 512,
  }));
  return { imageTokens, tiles };
}

/** The family's first case with the picture's tokens in it. */
function wholePrompt(family: keyof typeof TEMPLATES, tokens: PictureTokens): string {
  const base = vectors.templates.find((template) => template.family === family)!;
  return promptPieces(TEMPLATES[family], base.rendered, [tokens]).join('');
}

describe.each(vectors.expansions)('$family, $case', (expansion) => {
  const template: Template = TEMPLATES[expansion.family];
  const tokens = picture(expansion.case, expansion.n_image_tokens);

  test('the marker becomes what it should', () => {
    const replacement = template.expand?.(tokens) ?? '';
    expect(template.marker).toBe(expansion.placeholder);
    expect(replacement.slice(0, expansion.replacement_head.length)).toBe(
      expansion.replacement_head,
    );
    expect([replacement.length, sha256(replacement)]).toEqual([
      expansion.replacement_chars,
      expansion.replacement_sha256,
    ]);
  });

  test('the whole prompt is the same', () => {
    expect(sha256(wholePrompt(expansion.family, tokens))).toBe(expansion.full_prompt_sha256);
  });
});

const withIds = vectors.expansions.filter(({ n_ids }) => n_ids !== undefined);

describe('ids', () => {
  const compiled = compile(qwenFile('qwen2_5'));
  if (!compiled.ok) throw new Error(compiled.failure.code);
  const encoder = new Encoder(compiled.value);

  test('three expansions name theirs', () => expect(withIds).toHaveLength(3));

  test.each(withIds)('$family, $case', ({ family, n_ids, n_image_tokens, ids_sha256_u32le }) => {
    const ids = encoder.encode(wholePrompt(family, picture('', n_image_tokens)));
    expect([ids.length, sha256(new Uint8Array(ids.buffer))]).toEqual([n_ids, ids_sha256_u32le]);
  });
});

const RUNNERS: Record<string, keyof typeof RUNNER_TEMPLATES> = {
  'executorch qnn_multimodal_runner smolvlm': 'executorch-smolvlm',
  'executorch qnn_multimodal_runner internvl3': 'executorch-internvl3',
};

test.each(vectors.on_device)(
  '$runner, system "$system", by itself',
  ({ runner, system, prompt, rendered_by_runner }) => {
    const { rendered } = RUNNER_TEMPLATES[RUNNERS[runner]!];
    expect(rendered({ system, prompt, images: 1 })).toBe(rendered_by_runner);
  },
);
