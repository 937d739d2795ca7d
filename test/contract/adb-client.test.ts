import { execFileSync } from 'node:child_process';
import { lutimes, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDevice, whyNoDevice } from '../device/device';
import { CLIENTS, startClient, whyNoClient, type AdbClient, type Suite } from './adb-client';
import { pattern } from './ask';
import { servePhone } from './phone-server';
import { HOME, type PhoneKind } from './phones';

interface Served extends AsyncDisposable {
  readonly port: number;
}

const noDevice = await whyNoDevice();
const SERVED: readonly [PhoneKind, string | undefined, () => Promise<Served>][] = [
  ['virtual phone', undefined, servePhone],
  ['real adbd', noDevice, () => startDevice()],
];

const text = new TextEncoder();
const MTIME = 1_700_000_000;
const TREE: Readonly<Record<string, Uint8Array>> = {
  big: pattern(3_000_000),
  empty: new Uint8Array(),
  'sub/a b': text.encode('blank\n'),
  'sub/ünï ☃': text.encode('☃'),
};

/** adbd sets a file's time after it said OKAY (file_sync_service.cpp, send_impl): the last one's may come late. */
const UNTIL_TIMES = `cd ${HOME}/tree; until [ "$(stat -c %Y big empty link sub/* | sort -u)" = ${MTIME} ]; do sleep 0.05; done`;

async function writeTree(folder: string): Promise<void> {
  await mkdir(join(folder, 'sub'), { recursive: true });
  for (const [name, bytes] of Object.entries(TREE)) {
    await writeFile(join(folder, name), bytes);
    await utimes(join(folder, name), MTIME, MTIME);
  }
  await symlink('big', join(folder, 'link'));
  await lutimes(join(folder, 'link'), MTIME, MTIME);
}

// Google's own client says of both phones what it says of the other.
for (const [suite, version] of Object.entries(CLIENTS) as [Suite, string][]) {
  const noClient = await whyNoClient(suite);
  for (const [kind, noPhone, serve] of SERVED) {
    const missing = noClient ?? noPhone;
    const title = `adb ${version} (Debian ${suite}) and the ${kind}`;
    describe.skipIf(missing)(`${title}${missing ? ` (${missing})` : ''}`, () => {
      talk(kind, version, serve);
    });
  }
}

function talk(kind: PhoneKind, version: string, serve: () => Promise<Served>): void {
  const isVirtual = kind === 'virtual phone';
  let phone: Served;
  let client: AdbClient;
  let serial: string;
  beforeAll(async () => {
    phone = await serve();
    client = await startClient(version === '34' ? 'trixie' : 'bookworm');
    serial = `127.0.0.1:${phone.port}`;
    await writeTree(join(client.home, 'tree'));
  }, 60_000);
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await phone?.[Symbol.asyncDispose]();
  });
  const adb = (...args: string[]) => client.run(args);
  /** A call that must succeed; its stdout. */
  const must = async (...args: string[]) => {
    const { code, stdout, stderr } = await adb(...args);
    expect(code, `adb ${args.join(' ')}: ${stdout.toString()}${stderr}`).toBe(0);
    return stdout.toString();
  };
  const here = (name: string) => join(client.home, name);

  test('connects; the virtual phone asks its owner once for each computer', async () => {
    const first = await must('connect', serial);
    // the client does not wait for the owner's answer
    expect(first).toMatch(isVirtual ? /failed to authenticate/ : /^connected to/);
    await must('wait-for-device');
    expect(await must('devices')).toContain(`${serial}\tdevice\n`);
    await must('disconnect', serial);
    // now the key is known: a signature opens the phone at once
    expect(await must('connect', serial)).toMatch(/^connected to/);
    await must('wait-for-device');
  });

  test('shows what the phone can do; the virtual one announces no compression', async () => {
    const features = (await must('features')).trim().split('\n');
    expect(features).toEqual(expect.arrayContaining(['shell_v2', 'stat_v2', 'cmd']));
    expect(features.some((name) => /lz4|zstd|brotli/.test(name))).toBe(
      !isVirtual && version === '34',
    );
  });

  test.each([
    ['echo out; echo err >&2; exit 3', 3, 'out\n', 'err\n'],
    ['exit 255', 255, '', ''],
    ['kill -9 $$', 137, '', ''],
    ['kill -15 $$', 143, '', ''],
  ])('shell %s', async (script, code, stdout, stderr) => {
    expect(await adb('shell', script)).toEqual({ code, stdout: Buffer.from(stdout), stderr });
  });

  test('shell: words that are not there and may not run', async () => {
    expect(await adb('shell', 'no_such_command')).toMatchObject({ code: 127 });
    await must('shell', `echo x > ${HOME}/plain`);
    expect(await adb('shell', `${HOME}/plain`)).toMatchObject({ code: 126 });
  });

  test('shell -x without protocol: one output, no code', async () => {
    const { code, stdout } = await adb('shell', '-x', 'echo out; echo err >&2; exit 3');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'out\nerr\n' });
  });

  test('shell -t -t: a terminal, with the code', async () => {
    const { code, stdout } = await adb('shell', '-t', '-t', 'echo out; echo err >&2; exit 4');
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 4, stdout: 'out\r\nerr\r\n' });
  });

  test('shell -T and exec-out carry every byte, both ways', async () => {
    const bytes = pattern(1_500_000);
    const through = await client.run(['shell', '-T', 'cat'], bytes);
    expect(through.stdout.equals(bytes)).toBe(true);
    await must('push', here('tree/big'), `${HOME}/bytes`);
    const out = await adb('exec-out', `cat ${HOME}/bytes`);
    expect(out.stdout.equals(TREE['big'] ?? bytes)).toBe(true);
  });

  test('pushes a folder and pulls it back, byte by byte, with times', async () => {
    expect(await must('push', here('tree'), `${HOME}/`)).toMatch(/5 files pushed/);
    await must('shell', UNTIL_TIMES);
    const stat = await must(
      'shell',
      `cd ${HOME}/tree && stat -c '%n %s %a %Y' big empty link 'sub/a b'`,
    );
    expect(stat).toBe(
      ['big 3000000 666', 'empty 0 666', 'link 3 777', 'sub/a b 6 666']
        .map((line) => `${line} ${MTIME}\n`)
        .join(''),
    );
    await rm(here('back'), { recursive: true, force: true });
    expect(await must('pull', '-a', `${HOME}/tree`, here('back'))).toMatch(/5 files pulled/);
    execFileSync('diff', ['-r', here('tree'), here('back')]);
    expect((await readFile(here('back/big'))).equals(TREE['big'] ?? Buffer.alloc(0))).toBe(true);
  });

  test('push --sync sends only what is new', async () => {
    await must('push', here('tree'), `${HOME}/`);
    await must('shell', UNTIL_TIMES);
    await writeFile(here('tree/empty'), 'no longer');
    expect(await must('push', '--sync', here('tree'), `${HOME}/`)).toMatch(
      /1 file pushed, 4 skipped/,
    );
    expect(await must('shell', `cat ${HOME}/tree/empty`)).toBe('no longer');
    await writeTree(here('other')); // as it was
    await must('push', here('other/empty'), `${HOME}/tree/empty`);
  });

  test('pulls through a link, lists, and says what is missing or refused', async () => {
    await must('push', here('tree/big'), `${HOME}/aim`);
    await must('shell', `cd ${HOME}; ln -sf aim lnk`);
    await must('pull', `${HOME}/lnk`, here('pulled'));
    expect((await readFile(here('pulled'))).equals(TREE['big'] ?? Buffer.alloc(0))).toBe(true);
    expect(await must('ls', HOME)).toMatch(/^000081b6 002dc6c0 [0-9a-f]{8} aim$/m);
    expect(await must('ls', HOME)).toMatch(/^0000a1ff 00000003 [0-9a-f]{8} lnk$/m);
    const pulled = await adb('pull', `${HOME}/none`, here('x'));
    expect(pulled.code).toBe(1);
    expect(pulled.stdout.toString() + pulled.stderr).toContain('No such file or directory');
    const pushed = await adb('push', here('tree/big'), '/system/x');
    expect(pushed.code).toBe(1);
    expect(pushed.stdout.toString() + pushed.stderr).toMatch(
      /couldn't create file: (Permission denied|Read-only file system)/,
    );
  });

  test('side by side: two shells and a push', async () => {
    const [one, two, push] = await Promise.all([
      adb('shell', 'sleep 0.3; echo one'),
      adb('shell', 'sleep 0.3; echo two; exit 2'),
      adb('push', here('tree/big'), `${HOME}/beside`),
    ]);
    expect([one.stdout.toString(), two.stdout.toString()]).toEqual(['one\n', 'two\n']);
    expect([one.code, two.code, push.code]).toEqual([0, 2, 0]);
  });

  if (version === '34')
    test('compression: by default what both can; by name what the client says', async () => {
      const any = await adb('push', '-z', 'any', here('tree/big'), `${HOME}/any`);
      expect(any.code).toBe(0);
      const brotli = await adb('push', '-z', 'brotli', here('tree/big'), `${HOME}/brotli`);
      expect(brotli.code).toBe(isVirtual ? 1 : 0);
      if (isVirtual) expect(brotli.stdout.toString() + brotli.stderr).toContain('unknown flags: 1');
    });

  if (isVirtual)
    test('services that it does not have are closed, and it goes on', async () => {
      for (const [service, ...args] of [['jdwp'], ['reverse', '--list'], ['root']] as const)
        expect((await adb(service, ...args)).code, service).toBe(1);
      expect(await must('shell', 'echo still here')).toBe('still here\n');
    });
}
