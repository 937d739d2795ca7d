import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../../src/cli/commands';
import { freePort } from '../../src/cli/free-port';
import { debianMirror, unpack } from '../device/packages';

/** Debian releases with the adb that each brings. */
export const CLIENTS = { trixie: '34', bookworm: '29' } as const;
export type Suite = keyof typeof CLIENTS;

const CACHE = join(ROOT, 'node_modules/.cache/plugsight/adb');
const START_MS = 10_000;

export interface Answer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Google's own command line client with a server of its own. Disposing ends the server. */
export interface AdbClient extends AsyncDisposable {
  /** A folder for this client's files; its keys are there, too. */
  readonly home: string;
  run(args: readonly string[], stdin?: Uint8Array): Promise<Answer>;
}

/** Why this computer cannot have that client; nothing when it can, and then it is there. Under CI a failed download is an error. */
export async function whyNoClient(suite: Suite): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (process.getuid?.() !== 0) return 'needs root (apt)';
  if (!debianMirror()) return 'needs Debian: apt knows no Debian mirror';
  try {
    await ensureRoot(suite);
    return undefined;
  } catch (fault) {
    if (process.env['CI']) throw fault;
    return `adb cannot be loaded: ${String(fault).split('\n')[0] ?? ''}`;
  }
}

/** Unpacked, not installed: this computer's own adb, if it has one, stays as it is. */
async function ensureRoot(suite: Suite): Promise<string> {
  const root = join(CACHE, suite);
  if (existsSync(root)) return root;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, 'new-'));
  const fresh = join(work, 'root');
  const packages = { suite, names: ['adb'] };
  await unpack(packages, fresh, join(work, 'apt'), join(CACHE, `${suite}.log`));
  await rename(fresh, root).catch((reason: unknown) => {
    if (!existsSync(root)) throw reason; // else another one was faster
  });
  await rm(work, { recursive: true });
  return root;
}

/** Starts a server on a free port and returns the client for it. Call only when `whyNoClient` gives nothing. */
export async function startClient(suite: Suite): Promise<AdbClient> {
  const command = commandIn(await ensureRoot(suite));
  const home = await mkdtemp(join(tmpdir(), 'plugsight-adb-'));
  const port = await freePort();
  const env = {
    ...{ PATH: process.env['PATH'], HOME: home, TMPDIR: home, LC_ALL: 'C.UTF-8' },
    ANDROID_ADB_SERVER_PORT: String(port),
    // looks for nobody else: no emulators, no announcements
    ...{ ADB_LOCAL_TRANSPORT_MAX_PORT: '5553', ADB_MDNS: '0', ADB_MDNS_OPENSCREEN: '0' },
  };
  // "nodaemon": a child of ours that cannot outlive us
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', ...command, 'nodaemon', 'server'], {
    ...{ env, stdio: 'ignore' },
  });
  const ended = once(server, 'close');
  const run = (args: readonly string[], stdin?: Uint8Array) => answer(command, args, env, stdin);
  await listening(port, server);
  return {
    home,
    run,
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The program by its own loader and libraries, whatever this computer's are. */
function commandIn(root: string): readonly string[] {
  const folders = ['usr/lib', 'lib'].map((folder) => join(root, folder, 'x86_64-linux-gnu'));
  const loader = folders.map((folder) => join(folder, 'ld-linux-x86-64.so.2')).find(existsSync);
  if (!loader) throw new Error(`${root} has no loader`);
  const libraries = [join(root, 'usr/lib/x86_64-linux-gnu/android'), ...folders].join(':');
  return [
    loader,
    '--library-path',
    libraries,
    join(root, 'usr/lib/android-sdk/platform-tools/adb'),
  ];
}

async function answer(
  [program = '', ...first]: readonly string[],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdin: Uint8Array = new Uint8Array(),
): Promise<Answer> {
  const child = spawn(program, [...first, ...args], { env, timeout: 60_000 });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined); // it need not read all of it
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout: Buffer.concat(stdout), stderr };
}

/** Waits until the server answers. Not with the client: one that finds no server tries to start its own. */
async function listening(port: number, server: ChildProcess): Promise<void> {
  const late = performance.now() + START_MS;
  while (server.exitCode === null && performance.now() < late) {
    const socket = connect({ host: '127.0.0.1', port });
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error('the adb server did not start');
}
