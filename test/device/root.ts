import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../src/cli/commands';
import { run } from '../../src/cli/payload/command';
import { debianMirror, unpack } from './packages';

const HERE = import.meta.dirname;
const CACHE = join(ROOT, 'node_modules/.cache/plugsight/test-device');
const SUITE = 'trixie';
/** A real adbd, Android's shell, Android's tools. */
const PACKAGES = ['adbd', 'mksh', 'toybox'];
const PRELOAD = 'preload.c';
const GETPROP = 'getprop';
/** Raise when what is done below changes. */
const FORM = 2;

/**
 * Why this computer cannot have a test device; nothing when it can, and then its root is there. Under CI packages
 * that cannot be loaded are no reason but an error: there these tests must run.
 */
export async function whyNoDevice(): Promise<string | undefined> {
  const reason = whyNotHere();
  if (reason) return reason;
  try {
    await ensureRoot();
    return undefined;
  } catch (fault) {
    if (process.env['CI']) throw fault;
    return `its packages cannot be loaded: ${String(fault).split('\n')[0] ?? ''}`;
  }
}

function whyNotHere(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (process.getuid?.() !== 0) return 'needs root (chroot, mounts)';
  if (!works('unshare', ['-m', '-p', '--fork', 'true'])) return 'unshare is not allowed here';
  if (!works('gcc', ['--version'])) return 'no gcc';
  if (!debianMirror()) return 'needs Debian: apt knows no Debian mirror';
  return undefined;
}

/** The device's root folder, made once: packages of the machine's own mirror, unpacked; nothing of them is executed here. */
export async function ensureRoot(): Promise<string> {
  const key = await hashInputs();
  const root = join(CACHE, `${SUITE}-${key}`);
  if (existsSync(root)) return root;
  // A folder of our own until it is whole: several test files may start at once.
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'new-'));
  const fresh = join(work, 'root');
  const log = join(CACHE, 'root.log');
  await unpack({ suite: SUITE, names: PACKAGES }, fresh, join(work, 'apt'), log);
  await layOut(fresh);
  await makeTools(fresh, log);
  await rename(fresh, root).catch((reason: unknown) => {
    if (!existsSync(root)) throw reason; // else another one was faster
  });
  await rm(work, { recursive: true });
  return root;
}

/** What packages leave to their scripts, and what Android has elsewhere. */
async function layOut(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64'])
    await symlink(`usr/${name}`, join(root, name));
  for (const folder of ['data', 'proc', 'sys', 'dev/pts', 'system/bin', 'tmp'])
    await mkdir(join(root, folder), { recursive: true });
  for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty'])
    await writeFile(join(root, 'dev', name), '');
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0::/:/bin/sh\nshell:x:2000:2000::/:/bin/sh\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nshell:x:2000:\n');
  await symlink('pts/ptmx', join(root, 'dev/ptmx'));
  await symlink('/bin/sh', join(root, 'system/bin/sh'));
  await symlink('mksh', join(root, 'usr/bin/sh'));
}

async function makeTools(root: string, log: string): Promise<void> {
  const names = execFileSync('chroot', [root, '/usr/bin/toybox'], { encoding: 'utf8' });
  for (const name of names.split(/\s+/).filter(Boolean)) {
    const path = join(root, 'usr/bin', name);
    if (!existsSync(path)) await symlink('toybox', path);
  }
  await copyFile(join(HERE, GETPROP), join(root, 'system/bin', GETPROP));
  await chmod(join(root, 'system/bin', GETPROP), 0o755);
  const library = join(root, 'system/preload.so');
  const flags = ['-O2', '-Wall', '-Wextra', '-shared', '-fPIC'];
  await run('gcc', [...flags, '-o', library, join(HERE, PRELOAD), '-ldl'], { log });
}

async function hashInputs(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify({ FORM, PACKAGES }));
  for (const name of [PRELOAD, GETPROP]) hash.update(await readFile(join(HERE, name)));
  return hash.digest('hex').slice(0, 12);
}

const works = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;
