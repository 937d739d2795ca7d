import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

/**
 * Who may import whom. A layer may always import itself; `main.ts` may import everything.
 * Packages stand here by name, with the reason where it is not plain.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: ['valibot'], // schemas of what comes from outside; pure
  families: ['domain', 'valibot'],
  pipelines: ['domain', 'valibot', 'templates'], // a budget counts what the runner makes of a question
  flows: ['domain', 'families', 'pipelines', 'hash-wasm'], // sha256 of a stream; crypto.subtle has no streaming
  templates: ['domain'], // text in, text out: what each family's chat template makes of a question
  adapters: [
    'domain',
    'families', // the worker carries out what a family plans
    'wasm',
    'comlink',
    '@yume-chan',
    '@wllama',
    'just-bash',
    'hash-wasm',
    '@huggingface', // tokenizers of kinds that ours does not do; loaded on demand
    'onnxruntime-web', // the self-test's second engine; loaded on demand
    'valibot',
  ],
  ui: ['domain', 'families', 'templates', 'pipelines', 'flows', 'svelte'],
  // Node programs, not part of the page; what needs no browser runs as it is (the tokenizer).
  cli: [
    'domain',
    'families',
    'pipelines',
    'adapters',
    'ui', // the sentences of failures, and no component
    'node:',
    'vite',
    '@playwright',
    'valibot',
    'ws',
    '@yume-chan',
  ], // the last two: cli/bridge
};

/** Only these folders may import these packages. */
const ONLY_IN: Record<string, string> = {
  '@yume-chan': '(adapters/adb|cli/bridge)',
  ws: 'cli/bridge',
  '@wllama': 'adapters/virtual',
  'just-bash': 'adapters/virtual',
  wasm: 'adapters/preprocess',
  '@huggingface': 'adapters/tokenizer',
  'onnxruntime-web': 'adapters/encoder',
};

const root = join(import.meta.dirname, '../src');
const modules = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\/.*\.(ts|svelte)$/.test(file) && !file.endsWith('.d.ts'),
);

function imports(module: string): string[] {
  const text = readFileSync(join(root, module), 'utf8');
  const script = module.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map((match) => match[1]).join('\n')
    : text;
  return ts.preProcessFile(script).importedFiles.map(({ fileName }) => resolve(module, fileName));
}

/** "domain/run" for a file of ours, the package's name otherwise. */
function resolve(module: string, fileName: string): string {
  if (!fileName.startsWith('.')) return fileName.startsWith('node:') ? 'node:' : fileName;
  const path = join('src', dirname(module), fileName);
  return path.startsWith('src/') ? path.slice(4) : path;
}
const first = (path: string) => path.split('/')[0] ?? '';

test('there are modules to check', () => {
  expect(modules.length).toBeGreaterThan(10);
});

test.each(modules)('src/%s stays in its layer', (module) => {
  const layer = first(module);
  expect(MAY_IMPORT, `"${layer}" is not a layer`).toHaveProperty(layer);
  const used = imports(module).map(first);
  expect([layer, ...(MAY_IMPORT[layer] ?? [])]).toEqual(expect.arrayContaining(used));
  for (const name of used) {
    const home = ONLY_IN[name];
    if (home) expect(module, `imports ${name}`).toMatch(new RegExp(`^${home}/`));
  }
});
