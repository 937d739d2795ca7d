import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../../src/cli/commands';
import { CODES } from '../../../../src/cli/pack/findings';
import { RECIPES } from '../../../../src/cli/pack/recipes';

const text = readFileSync(join(ROOT, 'docs/packing.md'), 'utf8');
const recipes = Object.values(RECIPES);

test.each(recipes.map(({ id }) => id))(
  'docs/packing.md has a section and a command for %s',
  (id) => {
    const [, section = ''] = text.split(`\n## ${id}\n`);
    expect(section.split('\n## ')[0]).toMatch(`payload pack ${id} `);
  },
);

test('docs/packing.md names every code', () => {
  expect(CODES.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});

test('no two items of a recipe have the same key, and each says where its file comes from', () => {
  for (const { runner, model } of recipes) {
    const items = [...runner.items, ...model.items];
    expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
    for (const { from } of items) expect(from.length).toBeGreaterThan(15);
  }
});
