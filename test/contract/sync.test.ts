import { LinuxFileType, type Adb, type AdbSync } from '@yume-chan/adb';
import { ReadableStream } from '@yume-chan/stream-extra';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pull, shellOf } from '../unit/adapters/virtual/harness';
import { HOME, onEachPhone, openLibrary, type Phone } from './phones';
import { ask, word } from './raw';

const MTIME = 1_700_000_000;
const X = new TextEncoder().encode('x');

/** Tests with the phone connected by the library alone. */
function onEachLibrary(title: string, tests: (adb: () => Adb, phone: () => Phone) => void): void {
  onEachPhone(title, (phone) => {
    let adb: Adb | undefined;
    beforeAll(async () => {
      adb = await openLibrary(phone());
    });
    afterAll(() => adb?.close());
    tests(() => {
      if (!adb) throw new Error('there is a connection only while its tests run');
      return adb;
    }, phone);
  });
}

async function withSync<T>(adb: Adb, use: (sync: AdbSync) => Promise<T>): Promise<T> {
  const sync = await adb.sync();
  try {
    return await use(sync);
  } finally {
    await sync.dispose();
  }
}

const streamOf = (content: string | Uint8Array) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(typeof content === 'string' ? new TextEncoder().encode(content) : content);
      controller.close();
    },
  });

/**
 * A push whose time is set: adbd does that after it said OKAY (file_sync_service.cpp, send_impl), and takes the
 * session's next request only then.
 */
const push = (adb: Adb, filename: string, content: string | Uint8Array, more: Mode = {}) =>
  withSync(adb, async (sync) => {
    const file = streamOf(content);
    await sync.write({ filename, file, permission: 0o644, mtime: MTIME, ...more });
    await sync.lstat(filename);
  });
type Mode = Pick<Parameters<AdbSync['write']>[0], 'type' | 'permission'>;

onEachLibrary('sync', (adb) => {
  test('stat and lstat of a file: type, permission, size, time, owner', async () => {
    await push(adb(), `${HOME}/a b`, X, { permission: 0o755 });
    const file = {
      ...{ type: LinuxFileType.File, permission: 0o777, size: 1n, mtime: BigInt(MTIME) },
      ...{ uid: 2000, gid: 2000, nlink: 1 },
    };
    await withSync(adb(), async (sync) => {
      expect(await sync.stat(`${HOME}/a b`)).toMatchObject(file);
      expect(await sync.lstat(`${HOME}/a b`)).toMatchObject(file);
    });
  });

  test('stat follows a link, lstat does not, except with a slash behind it', async () => {
    await shellOf(adb())(`cd ${HOME}; mkdir dir; ln -s dir to-dir; ln -s none dangling`);
    await withSync(adb(), async (sync) => {
      const typeOf = async (path: string) => (await sync.lstat(`${HOME}/${path}`)).type;
      expect(await typeOf('to-dir')).toBe(LinuxFileType.Link);
      expect(await typeOf('to-dir/')).toBe(LinuxFileType.Directory);
      expect(await typeOf('dangling')).toBe(LinuxFileType.Link);
      expect((await sync.lstat(`${HOME}/to-dir`)).size).toBe(3n);
      expect((await sync.stat(`${HOME}/to-dir`)).type).toBe(LinuxFileType.Directory);
      await expect(sync.stat(`${HOME}/dangling`)).rejects.toThrow('ENOENT');
    });
  });

  test('what cannot be looked at says why', async () => {
    await push(adb(), `${HOME}/f`, X);
    await withSync(adb(), async (sync) => {
      await expect(sync.stat(`${HOME}/none`)).rejects.toThrow('ENOENT');
      await expect(sync.lstat(`${HOME}/f/x`)).rejects.toThrow('ENOTDIR');
      await expect(sync.lstat(`${HOME}/f/`)).rejects.toThrow('ENOTDIR');
      await expect(sync.lstat(`${HOME}/${'n'.repeat(256)}`)).rejects.toThrow('ENAMETOOLONG');
      expect(await sync.isDirectory(HOME)).toBe(true);
      expect(await sync.isDirectory(`${HOME}/f`)).toBe(false);
      expect(await sync.isDirectory(`${HOME}/none`)).toBe(false);
    });
  });

  test('a list has every name, "." and "..", with types and sizes', async () => {
    const names = ['a b', 'ünï ☃', 'new\nline', "it's", '-n', '.hidden', 'tab\t'];
    for (const name of names) await push(adb(), `${HOME}/list/${name}`, X);
    await shellOf(adb())(`cd ${HOME}/list; mkdir sub; ln -s sub to-sub`);
    const found = await withSync(adb(), (sync) => sync.readdir(`${HOME}/list`));
    const rows = found.map(({ name, type }): [string, LinuxFileType] => [name, type]);
    expect(new Map(rows)).toEqual(
      new Map<string, LinuxFileType>([
        ...['.', '..', 'sub'].map((name) => [name, LinuxFileType.Directory] as const),
        ...names.map((name) => [name, LinuxFileType.File] as const),
        ['to-sub', LinuxFileType.Link],
      ]),
    );
    expect(rows).toHaveLength(names.length + 4);
  });

  test.each(['none', 'f'])('a list of what is no folder is empty: %s', async (name) => {
    await push(adb(), `${HOME}/f`, X);
    expect(await withSync(adb(), (sync) => sync.readdir(`${HOME}/${name}`))).toEqual([]);
  });

  test('the time of a push is the file’s, not the clock’s', async () => {
    await push(adb(), `${HOME}/timed`, X);
    expect((await shellOf(adb())(`stat -c %Y ${HOME}/timed`)).stdout).toBe(`${MTIME}\n`);
  });

  test('a push makes symbolic links, in the place of a file and in a missing folder', async () => {
    const link = { type: LinuxFileType.Link, permission: 0o777 };
    await push(adb(), `${HOME}/was-file`, X);
    for (const name of ['was-file', 'new/folder/lnk'])
      await push(adb(), `${HOME}/${name}`, '../aim\0', link);
    const { stdout } = await shellOf(adb())(
      `cd ${HOME}; readlink was-file; readlink new/folder/lnk; stat -c %Y was-file`,
    );
    expect(stdout).toBe(`../aim\n../aim\n${MTIME}\n`);
  });

  test('a dry run takes everything and writes nothing', async () => {
    const file = streamOf('x'.repeat(100_000));
    await withSync(adb(), (sync) => sync.write({ filename: `${HOME}/dry`, file, dryRun: true }));
    expect((await shellOf(adb())(`[ -e ${HOME}/dry ]`)).exitCode).toBe(1);
  });

  test('one session serves file after file, until a pull fails', async () => {
    await withSync(adb(), async (sync) => {
      for (const name of ['s1', 's2'])
        await sync.write({ filename: `${HOME}/${name}`, file: streamOf(name), permission: 0o644 });
      expect((await sync.lstat(`${HOME}/s2`)).size).toBe(2n);
      const missing = sync.read(`${HOME}/none`).getReader();
      await expect(missing.read()).rejects.toThrow('open failed: No such file or directory');
      await expect(sync.lstat(`${HOME}/s2`)).rejects.toThrow();
    });
    expect(new TextDecoder().decode(await pull(adb(), `${HOME}/s1`))).toBe('s1');
  });

  test.each<[string, string, RegExp]>([
    ['STAT of nothing', `STAT${word(5)}/none`, /^STAT\0{12}$/],
    ['an empty LIST', `LIST${word(5)}/none`, /^DONE\0{16}$/],
    ['a request nobody knows', `XXXX${word(1)}x`, /^FAIL[^]\0\0\0unknown command 58585858$/],
    ['a path longer than its limit', `LST2${word(0x7fffffff)}`, /^FAIL[^]\0\0\0path too long$/],
    ['SEND without a mode', `SEND${word(2)}/x`, /^FAIL[^]\0\0\0missing , in ID_SEND_V1$/],
  ])('%s', async (_, request, answer) => {
    expect(await ask(adb(), 'sync:', `${request}QUIT${word(0)}`)).toMatch(answer);
  });

  test('SEND with an octal mode, as old clients write it', async () => {
    const spec = `${HOME}/old,0100600`;
    const data = `DATA${word(2)}okDONE${word(MTIME)}`;
    const request = `SEND${word(spec.length)}${spec}${data}QUIT${word(0)}`;
    expect(await ask(adb(), 'sync:', request)).toBe(`OKAY${word(0)}`);
    const { stdout } = await shellOf(adb())(`cd ${HOME}; cat old; stat -c ' %a %Y' old`);
    expect(stdout).toBe(`ok 666 ${MTIME}\n`);
  });
});

onEachLibrary('services', (adb) => {
  test('protocol, payload and the features that this project needs', () => {
    expect(adb().maxPayloadSize).toBe(1 << 20);
    expect(adb().deviceFeatures).toEqual(
      expect.arrayContaining([
        ...['shell_v2', 'cmd', 'stat_v2', 'ls_v2', 'fixed_push_mkdir'],
        ...['fixed_push_symlink_timestamp', 'sendrecv_v2', 'sendrecv_v2_dry_run_send'],
      ]),
    );
  });

  test('a service that is not there is refused', async () => {
    await expect(adb().createSocket('nothing:at all')).rejects.toThrow('Socket open failed');
  });

  test('getprop, and rm by the library', async () => {
    expect(await adb().getProp('ro.product.manufacturer')).toBe('Plugsight');
    expect(await adb().getProp('no.such.thing')).toBe('');
    await push(adb(), `${HOME}/tree/file`, X);
    expect(await adb().rm(`${HOME}/tree`, { recursive: true })).toBe('');
    expect(await adb().rm(`${HOME}/tree`)).toMatch(/tree: No such file or directory\n$/);
  });

  test('exec: mixes both outputs, has no exit code and keeps every byte', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await push(adb(), `${HOME}/bytes`, bytes);
    const { noneProtocol, shellProtocol } = adb().subprocess;
    expect(await noneProtocol.spawnWaitText(['echo a; echo b >&2; exit 3'])).toBe('a\nb\n');
    expect(await noneProtocol.spawnWait([`cat ${HOME}/bytes`])).toEqual(bytes);
    const shell = await shellProtocol?.spawnWait([`echo first; exec cat ${HOME}/bytes`]);
    expect(shell?.stdout).toEqual(
      new Uint8Array([...new TextEncoder().encode('first\n'), ...bytes]),
    );
  });

  test.each([
    ['shell:echo out; echo err >&2', 'out\nerr\n'],
    ['shell,raw:echo out; echo err >&2', 'out\nerr\n'],
    ['shell,pty,TERM=xterm:echo out; echo err >&2', 'out\r\nerr\r\n'],
    ['exec:echo out; echo err >&2', 'out\nerr\n'],
    ['shell,v2,raw:echo out', `\x01${word(4)}out\n\x03${word(1)}\0`],
    ['shell,v2,pty:echo out; exit 4', `\x01${word(5)}out\r\n\x03${word(1)}\x04`],
    ['shell,v2,nonsense:exit 9', `\x03${word(1)}\x09`],
  ])('%s', async (service, answer) => {
    expect(await ask(adb(), service, '')).toBe(answer);
  });
});
