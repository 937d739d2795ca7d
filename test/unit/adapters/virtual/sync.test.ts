import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { connected, pull, push, start } from './harness';

const HOME = '/data/local/tmp';

test('pushes a file whole, with mode and time, making its folders', async () => {
  const { adb, sh } = await connected();
  const content = new Uint8Array(randomBytes(3_000_017));
  const path = `${HOME}/a/b/file`;
  await push(adb, path, content, 0o755);
  expect(Buffer.compare(await pull(adb, path), content)).toBe(0);
  const sync = await adb.sync();
  expect(await sync.lstat(path)).toMatchObject({
    size: 3_000_017n,
    mtime: 1_700_000_000n,
    permission: 0o777, // adbd gives group and others what the owner has
  });
  await sync.dispose();
  const hash = createHash('sha256').update(content).digest('hex');
  expect((await sh(`sha256sum ${path}`)).stdout).toBe(`${hash}  ${path}\n`);
});

test('lists folders, . and .. included', async () => {
  const { adb } = await connected();
  await push(adb, `${HOME}/one`, new Uint8Array(3));
  await push(adb, `${HOME}/dir/two`, new Uint8Array(4));
  const sync = await adb.sync();
  const entries = await sync.readdir(HOME);
  const shown = entries.map(({ name, type, size }) => `${name} ${type} ${size}`);
  expect(shown).toEqual(['. 4 4096', '.. 4 4096', 'one 8 3', 'dir 4 4096']);
  expect(await sync.readdir(`${HOME}/nothing`)).toEqual([]);
  await sync.dispose();
});

test('says what is missing as adbd does', async () => {
  const { adb } = await connected();
  await expect(pull(adb, `${HOME}/nothing`)).rejects.toThrow(
    'open failed: No such file or directory',
  );
  const sync = await adb.sync();
  await expect(sync.lstat('/nope')).rejects.toThrow('ENOENT');
  await sync.dispose();
});

test.each([
  ['/system/file', "couldn't create file: Read-only file system"],
  ['/data/file', "couldn't create file: Permission denied"],
  ['/data/new/file', 'secure_mkdirs failed: Permission denied'],
  [HOME, "couldn't create file: Is a directory"],
])('refuses a push to %s', async (path, message) => {
  const { adb } = await connected();
  await expect(push(adb, path, new Uint8Array(200_000))).rejects.toThrow(message);
});

test('goes on with a new sync stream after a refused push', async () => {
  const { adb } = await connected();
  await expect(push(adb, '/system/file', new Uint8Array(1))).rejects.toThrow();
  await push(adb, `${HOME}/file`, new Uint8Array(5));
  expect((await pull(adb, `${HOME}/file`)).length).toBe(5);
});

test('deletes the part when the stream is closed in the middle', async () => {
  const { adb, sh, phone } = await connected();
  const sync = await adb.sync();
  let pulls = 0;
  let fed: () => void = () => undefined;
  const allFed = new Promise<void>((resolve) => (fed = resolve));
  const file = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (++pulls < 30) return controller.enqueue(new Uint8Array(100_000));
      fed();
      return new Promise(() => undefined);
    },
  });
  const writing = sync
    .write({ filename: `${HOME}/part`, file: file as never })
    .catch(() => 'failed');
  await allFed;
  expect(phone.files.find(`${HOME}/part`)).toBeDefined();
  await sync.dispose();
  expect(await writing).toBe('failed');
  await sh('true');
  expect(phone.files.find(`${HOME}/part`)).toBeUndefined();
  expect(phone.files.free).toBe(phone.files.capacity);
});

test('a dry run moves bytes and writes nothing', async () => {
  const { adb, phone } = await connected();
  const sync = await adb.sync();
  const file = new Blob([new Uint8Array(100_000)]).stream() as never;
  await sync.write({ filename: `${HOME}/dry`, file, dryRun: true });
  await sync.dispose();
  expect(phone.files.find(`${HOME}/dry`)).toBeUndefined();
});

test('does not copy what is pushed: the chunks of a file are what came', async () => {
  const { adb, phone } = await connected();
  await push(adb, `${HOME}/big`, new Uint8Array(8 << 20));
  const node = phone.files.node(`${HOME}/big`);
  if (node.kind !== 'file') throw new Error('not a file');
  // 64 KiB per DATA message, cut once more where a message spans two packets
  expect(node.chunks.length).toBeLessThan(2 * 128 + 16);
  expect(new Set(node.chunks.map(({ buffer }) => buffer)).size).toBeLessThan(16 + 16);
});

test('serves a push while a program streams', async () => {
  const { adb } = await connected();
  const program = await start(adb, 'exec env yes');
  expect(await program.next()).toMatch(/^y\n/);
  await push(adb, `${HOME}/file`, new Uint8Array(2_000_000));
  expect(await program.next()).toMatch(/^y\n/);
  await program.process.kill();
});
