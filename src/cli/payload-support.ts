import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './commands';
import { llamaSupport } from './payload/llama-support';
import { llamaSource } from './payload/source';

/** `npm run payload:support`: writes src/domain/llama-support.json anew. After the llama.cpp of `SOURCE` was changed. */
async function main(): Promise<void> {
  const cache = join(ROOT, 'node_modules/.cache/plugsight');
  const support = await llamaSupport(await llamaSource(cache, join(cache, 'support.log')));
  const path = join(ROOT, 'src/domain/llama-support.json');
  await writeFile(path, `${JSON.stringify(support, null, 2)}\n`);
  const { architectures, projectors, types } = support;
  console.log(
    `${path}: ${architectures.length} architectures, ${projectors.length} projectors, ${Object.keys(types).length} tensor types`,
  );
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
