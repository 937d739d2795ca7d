import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../src/cli/free-port';

/** Google's adb with a server of its own, on loopback, that looks for no emulators and ends with this object. */
export class NativeAdb implements AsyncDisposable {
  version = '';
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;

  private constructor(port: number, home: string) {
    this.#home = home;
    this.#env = {
      ...process.env,
      ANDROID_ADB_SERVER_PORT: String(port),
      // A server scans 5555..5585 for emulators; here up to a port below.
      ADB_LOCAL_TRANSPORT_MAX_PORT: '5554',
      HOME: home,
    };
  }

  /** Throws where there is no adb. */
  static async start(): Promise<NativeAdb> {
    const home = await mkdtemp(join(tmpdir(), 'plugsight-adb-'));
    const adb = new NativeAdb(await freePort(), home);
    adb.version = /Version (\S+)/.exec(await adb.#run('version'))?.[1] ?? 'unknown';
    await adb.#run('start-server');
    return adb;
  }

  /** A device behind a port of this computer. */
  async connect(port: number): Promise<NativeDevice> {
    const serial = `127.0.0.1:${port}`;
    const said = await this.#run('connect', serial);
    if (!/^(already )?connected/m.test(said)) throw new Error(`adb connect: ${said}`);
    const run = (...args: string[]) => this.#run('-s', serial, ...args);
    return {
      push: async (path, to) => secondsOf(await run('push', path, to)),
      pushNew: (path, to) => run('push', '--sync', path, to),
      pull: async (from, to) => secondsOf(await run('pull', from, to)),
      shell: (script) => run('shell', script),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run('kill-server');
    await rm(this.#home, { recursive: true, force: true });
  }

  async #run(...args: string[]): Promise<string> {
    const { stdout, stderr } = await promisify(execFile)('adb', args, { env: this.#env });
    return stdout + stderr;
  }
}

export interface NativeDevice {
  /** Seconds as adb itself counts them: without the start of its process. */
  push(path: string, to: string): Promise<number>;
  pull(from: string, to: string): Promise<number>;
  /** Only what is newer here. */
  pushNew(path: string, to: string): Promise<unknown>;
  shell(script: string): Promise<unknown>;
}

/** "… 25.8 MB/s (3072000 bytes in 0.114s)". */
function secondsOf(output: string): number {
  const seconds = / in ([\d.]+)s\)/.exec(output)?.[1];
  if (seconds === undefined) throw new Error(`adb said no time: ${output}`);
  return Number(seconds);
}
