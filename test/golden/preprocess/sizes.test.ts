import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { InputRecipe } from '../../../src/domain/prepare';
import { planWork } from '../../../src/families';
import type { Work } from '../../../src/families/family';
import { findProfile } from '../../../src/families/profiles';

type Row = [number, number, Record<string, unknown>];
const { tables } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'sizes.json'), 'utf8'),
) as { tables: Record<string, { rows: Row[] }> };

/** Tables whose names are not profiles. */
const NAMED: Record<string, InputRecipe> = {
  'internvl3/max12': { family: 'internvl3', params: {} },
  'internvl3/max4': { family: 'internvl3', params: { max_patches: 4 } },
  'internvl3/max1': { family: 'internvl3', params: { max_patches: 1 } },
  llava15_hf: { family: 'llava-1.5', params: {} },
  llava15_et: { family: 'llava-1.5-et', params: {} },
};
/** The older fork resizes on the device by a rule of its own; we only send it pictures that it copies. */
const SKIPPED = ['omniinfer/qwen2_5_vl'];

const wh = (size: { width: number; height: number } | undefined) => [size?.width, size?.height];

/** What a table says, read from a plan. */
const READ: Record<string, (work: Work) => unknown> = {
  wh: ({ steps }) => wh(steps[0]?.canvas ?? steps[0]),
  wh1: ({ steps }) => wh(steps[0]),
  wh2: ({ steps }) => wh(steps[1]),
  tokens: ({ plan }) => plan.imageTokens,
  rows_cols: ({ outputs }) => numbers(outputs, 'rows_cols'),
  cols_rows: ({ outputs }) => numbers(outputs, 'cols_rows'),
  frames: ({ outputs }) => outputs[0]?.shape.at(-4),
  content: ({ steps: [step] }) => [...wh(step), step?.canvas?.x, step?.canvas?.y],
};
function numbers(outputs: Work['outputs'], name: string): unknown {
  const output = outputs.find((o) => o.name === name);
  return output?.layout === 'numbers' ? output.values : undefined;
}

/** What the plan says about one row, in the table's own words. */
function planned(recipe: InputRecipe, [width, height, expected]: Row): Row {
  const work = planWork(recipe, width, height);
  // the table gives LLaVA's impossible size, which we refuse
  if (!work.ok && (expected.wh as number[] | undefined)?.includes(0)) return [width, height, expected];
  if (!work.ok) return [width, height, { reject: /\((\w+)\)$/.exec(work.failure.detail ?? '')?.[1] }];
  const read = Object.keys(expected).map((key) => [key, READ[key]?.(work.value)] as const);
  return [width, height, Object.fromEntries(read)];
}

test.each(Object.entries(tables).filter(([name]) => !SKIPPED.includes(name)))(
  'sizes, grids and tokens of %s',
  (name, { rows }) => {
    const recipe = NAMED[name] ?? findProfile(name);
    if (!recipe) throw new Error(`no profile ${name}`);
    expect(rows.length).toBeGreaterThan(200);
    expect(rows.map((row) => planned(recipe, row))).toEqual(rows);
  },
);
