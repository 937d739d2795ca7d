import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureFile, readManifest } from './bundle-files';
import { isLocal, listedFiles, type Listing } from './served-files';

/** `npm run payload:manifest -- DIR`: rewrites bytes and sha256 in DIR/manifest.json from the files beside it. */
async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [dir] = positionals;
  if (!dir || positionals.length > 1) throw new Error('usage: npm run payload:manifest -- DIR');
  console.log(await rewrite(dir));
}

type Draft = Listing<{ url: string; bytes: number; sha256: string }>;

async function rewrite(dir: string): Promise<string> {
  await readManifest(dir); // the shape must be right; only figures are filled in
  const path = join(dir, 'manifest.json');
  const before = await readFile(path, 'utf8');
  // Edited as it stands, not as parsed: parsing fills in defaults and drops what it does not know.
  const draft = JSON.parse(before) as Draft;
  for (const file of listedFiles(draft)) {
    if (isLocal(file.url)) Object.assign(file, await measureFile(join(dir, file.url)));
  }
  const after = `${JSON.stringify(draft, null, 2)}\n`;
  if (after === before) return `${path}: already right`;
  await writeFile(path, after);
  return `${path}: ${listedFiles(draft).length} files measured`;
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
