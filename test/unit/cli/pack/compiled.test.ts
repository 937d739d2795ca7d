import { spawnSync } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPackOptions } from '../../../../src/cli/pack/options';
import { plan } from '../../../../src/cli/pack/plan';
import { readSources } from '../../../../src/cli/pack/sources';
import { readElf } from '../../../../src/domain/formats/elf';
import { rangedOf } from '../../../../src/domain/formats/ranged';
import { Folder } from '../../../fakes/sdks';

/**
 * Files that a real compiler and linker made, where there is one: Debian's gcc-aarch64-linux-gnu. What the tests beside this
 * one write by hand could share a mistake with the reader.
 */
const CC = 'aarch64-linux-gnu-gcc';
const found = spawnSync(CC, ['--version']).status === 0;
const why = found ? '' : ` (skipped: no ${CC}; apt-get install gcc-aarch64-linux-gnu)`;
const SOURCE = {
  'lib.c': 'int f(int a) { return a + 1; }',
  'main.c': 'int f(int); void _start(void) { f(1); }',
};
const ANDROID = [
  ...['-nostdlib', '-pie', '-fPIE', '-Wl,--dynamic-linker=/system/bin/linker64'],
  ...['-Wl,-z,max-page-size=16384', '-Wl,--enable-new-dtags'],
];

let folder: Folder;
beforeAll(async () => {
  folder = await Folder.of(SOURCE);
});
afterAll(() => folder[Symbol.asyncDispose]());

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder.root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}
const library = (name: string, ...more: string[]) =>
  run(CC, '-shared', '-fPIC', '-nostdlib', `-Wl,-soname,${name}`, ...more, 'lib.c', '-o', name);

test.skipIf(!found)(`headers say what readelf says${why}`, async () => {
  library('libf.so', '-Wl,-rpath,$ORIGIN', '-Wl,--enable-new-dtags');
  run(CC, ...ANDROID, 'main.c', 'libf.so', '-o', 'main');
  for (const name of ['libf.so', 'main']) {
    const elf = await readElf(rangedOf(await readFile(folder.path(name))));
    if (!elf.ok) throw new Error(elf.failure.detail);
    const said = run('aarch64-linux-gnu-readelf', '-W', '-d', '-l', name);
    const all = (pattern: RegExp) => [...said.matchAll(pattern)].map(([, text]) => text);
    expect(elf.value.needed).toEqual(all(/\(NEEDED\).*\[(.*)\]/g));
    expect([elf.value.soname].filter(Boolean)).toEqual(all(/\(SONAME\).*\[(.*)\]/g));
    expect([elf.value.runpath].filter(Boolean)).toEqual(all(/\(RUNPATH\).*\[(.*)\]/g));
    expect([elf.value.interpreter].filter(Boolean)).toEqual(all(/interpreter: (.*)\]/g));
    const aligned = all(/LOAD .* (0x[0-9a-f]+)$/gm).every((align) => Number(align) % 16_384 === 0);
    expect(elf.value.pages16k).toBe(aligned);
    expect(elf.value).toMatchObject({ bits: 64, machine: 'arm64', positionIndependent: true });
  }
});

test.skipIf(!found)(
  `a program is packed with its library; other links of it are refused${why}`,
  async () => {
    library('libf.so');
    run(CC, ...ANDROID, 'main.c', 'libf.so', '-o', 'llava_main');
    await chmod(folder.path('llava_main'), 0o644); // its mode on this disk does not matter
    const pack = async () => {
      const args = ['llava', '--from', folder.root, '--to', folder.path('out'), '--part', 'runner'];
      const options = await readPackOptions(args);
      return plan(options.recipe.runner, await readSources(options.folders), options.wishes);
    };
    const good = await pack();
    expect(good.findings).toEqual([]);
    expect(good.files.map(({ path }) => path)).toEqual(['llava_main', 'libf.so']);
    const links: readonly (readonly [string[], string])[] = [
      [['-nostdlib', '-pie', '-fPIE'], 'not-android'],
      [['-nostdlib', '-no-pie', '-Wl,--dynamic-linker=/system/bin/linker64'], 'not-executable'],
      [['-shared', '-fPIC', '-nostdlib'], 'not-executable'],
    ];
    for (const [flags, code] of links) {
      run(CC, ...flags, 'main.c', 'libf.so', '-o', 'llava_main');
      expect((await pack()).findings).toContainEqual(expect.objectContaining({ code }));
    }
    run(CC, '-c', 'main.c', '-o', 'llava_main');
    expect((await pack()).findings).toMatchObject([{ code: 'not-executable' }]);
  },
);
