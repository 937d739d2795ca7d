import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../src/cli/commands';
import { DEVICE_ROOT } from '../../src/domain/device';
import { valueOf } from '../unit/adapters/adb/rig';
import { sh } from './ask';
import { installing, source, TOTAL } from './bundle';
import { onEachDevice } from './phones';

/** The `adb shell` lines of docs/payload.md, section "Removing", in their order, as the phone gets them. */
const page = await readFile(join(ROOT, 'docs/payload.md'), 'utf8');
const [, section = ''] = /^## Removing$([^]*?)^## /m.exec(page) ?? [];
const [list, use, check, parts, links, all] = [...section.matchAll(/^adb shell (.+?) +#.*$/gm)].map(
  ([, command = '']) => command.replace(/^"(.*)"$/, '$1'),
);

onEachDevice('what docs/payload.md says of removing by hand', (device) => {
  const must = async (command: string | undefined) => {
    expect(command).toContain(DEVICE_ROOT);
    const { stdout, stderr, exitCode } = await sh(device(), command ?? '');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    return stdout;
  };

  test('is so', async () => {
    valueOf((await installing(device(), source())).result);
    expect(await must(list)).toMatch(/ contract@1\b/);
    expect(Number.parseInt(await must(use), 10) * 1024).toBeGreaterThan(TOTAL - 100);
    const hashes = (await must(check)).trim().split('\n');
    expect(hashes).toHaveLength(3);
    for (const line of hashes) expect(line).toMatch(/^([0-9a-f]{64}) {2}\1$/);
    await must(parts);
    await must(links);
    const again = await installing(device(), source());
    valueOf(again.result);
    expect(again.events.map(({ kind }) => kind)).not.toContain('send');
    await must(all);
    expect((await sh(device(), `[ -e ${DEVICE_ROOT} ]`)).exitCode).toBe(1);
  });
});
