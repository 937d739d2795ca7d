import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureRoot } from './root';
import { addSimulated } from './simulated';

export { whyNoDevice } from './root';

const QEMU = '/usr/bin/qemu-aarch64-static';
/** Why there can be no arm64 device; nothing when there can. */
export const noQemu =
  spawnSync(QEMU, ['--version']).status === 0
    ? undefined
    : 'no qemu: apt-get install qemu-user-static';
/** An adb server takes these for emulators and lists them, too. */
const EMULATOR_PORTS = { from: 5555, to: 5585 };
const START_MS = 10_000;

export interface DeviceOptions {
  /** TCP port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** Be an arm64 phone: its programs run under qemu with this processor, for example "cortex-a53". */
  readonly arm64?: string;
  /** Say that it has this chip, for example "SM8650", and be able to run simulated runners. */
  readonly soc?: string;
  /** /data on a small disk of its own, bytes. */
  readonly dataBytes?: number;
}

/** A running adbd on loopback. Disposing ends it with everything it started and deletes its /data. */
export interface TestDevice extends AsyncDisposable {
  readonly port: number;
  /** Its /data as seen from here; empty when `dataBytes` gave it a disk of its own. */
  readonly data: string;
  /** What adbd said. */
  log(): string;
  /** Ends adbd as a crash would, and starts it again on the same port with the same files. */
  restart(): Promise<void>;
}

/** Starts a test device. Call only when `await whyNoDevice()` gives nothing. */
export async function startDevice(options: DeviceOptions = {}): Promise<TestDevice> {
  const root = await ensureRoot();
  const dir = await mkdtemp(join(tmpdir(), 'plugsight-device-'));
  const [system, data] = [join(dir, 'system'), join(dir, 'data')];
  await mkdir(data);
  const port = options.port ?? (await freePort());
  await writeSystem(system, root, options);
  if (options.soc) await addSimulated(system);
  const disk = options.dataBytes ? `tmpfs:${options.dataBytes}` : data;
  const qemu = options.arm64 ? [`TEST_DEVICE_QEMU=/system/qemu`, `QEMU_CPU=${options.arm64}`] : [];
  const start = () => launch(port, [root, system, disk, String(port), ...qemu]);
  let adbd = await start();
  return {
    port,
    data: options.dataBytes ? '' : data,
    log: () => adbd.log(),
    async restart() {
      await adbd.end();
      adbd = await start();
    },
    async [Symbol.asyncDispose]() {
      await adbd.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface Adbd {
  log(): string;
  end(): Promise<void>;
}

/** Starts adbd in namespaces of its own and waits until it listens. */
async function launch(port: number, args: readonly string[]): Promise<Adbd> {
  // pdeathsig: nothing stays behind when the tests are killed.
  const child = spawn('setpriv', [
    ...['--pdeathsig', 'KILL', 'unshare', '-m', '-p', '--fork', '--kill-child'],
    ...['sh', join(import.meta.dirname, 'enter.sh'), ...args],
  ]);
  let log = '';
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const end = async () => {
    child.kill('SIGKILL'); // unshare takes no other; the kernel then ends its child, and with it all the rest
    await ended;
    await listening(port, false, AbortSignal.timeout(START_MS));
  };
  const read = (chunk: Buffer) => (log = (log + chunk.toString()).slice(-100_000));
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const late = new AbortController();
  const started = await Promise.race([
    listening(port, true, late.signal),
    ended.then(() => false),
    delay(START_MS, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  if (started) return { log: () => log, end };
  await end();
  throw new Error(`adbd did not start: ${log.slice(-2000)}`);
}

/** Resolves when somebody listens on this port, or nobody does: adbd says that it does before it does, and dies after it died. */
async function listening(port: number, wanted: boolean, signal: AbortSignal): Promise<boolean> {
  // Field 2 is address:port in hex, field 4 the state, 0A is LISTEN: Linux, Documentation/networking/proc_net_tcp.rst
  const line = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F:]+ 0A `);
  while (!signal.aborted) {
    const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => readFile(table, 'utf8'));
    if ((await Promise.all(tables)).some((table) => line.test(table)) === wanted) return true;
    await delay(20);
  }
  return false;
}

/** What Android has under /system and /sys, as far as the page asks for it. */
async function writeSystem(
  system: string,
  root: string,
  { arm64, soc }: DeviceOptions,
): Promise<void> {
  await cp(join(root, 'system'), system, { recursive: true, verbatimSymlinks: true });
  const properties = Object.entries(propertiesOf(arm64, soc)).map(
    ([name, value]) => `${name}=${value}`,
  );
  await writeFile(join(system, 'build.prop'), `${properties.join('\n')}\n`);
  for (const core of cpus().keys()) {
    const folder = join(system, `sys/devices/system/cpu/cpu${core}/cpufreq`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'cpuinfo_max_freq'), '2000000\n');
  }
  if (!arm64) return;
  await copyFile(QEMU, join(system, 'qemu'));
  const core = `Features\t: ${FEATURES[arm64] ?? FEATURES['cortex-a53']}\n\n`;
  const cpuinfo = [...cpus().keys()].map((index) => `processor\t: ${index}\n${core}`);
  await writeFile(join(system, 'cpuinfo'), cpuinfo.join(''));
}

const propertiesOf = (arm64: string | undefined, soc: string | undefined) => ({
  ...(soc && { 'ro.soc.manufacturer': 'Simulated', 'ro.soc.model': soc }),
  'ro.build.version.release': '14', // the sources of this adbd
  'ro.build.version.sdk': '34',
  'ro.product.manufacturer': 'Plugsight',
  'ro.product.model': 'Test device',
  'ro.product.marketname': arm64 ? `Test device (${arm64})` : 'Test device (x86-64)',
  'ro.product.cpu.abilist': arm64 ? 'arm64-v8a,armeabi-v7a,armeabi' : 'x86_64,x86',
  'ro.hardware': 'plugsight-test',
  'ro.board.platform': 'plugsight-test',
});

/** /proc/cpuinfo of phones with these processors; qemu's "max" has far more, these are what matters here. */
const FEATURES: Readonly<Record<string, string>> = {
  'cortex-a53': 'fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid',
  'cortex-a76':
    'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid lrcpc asimddp',
  max: 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid lrcpc asimddp i8mm bf16',
};

/** A free port that no adb server takes for an emulator. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    if (port < EMULATOR_PORTS.from || port > EMULATOR_PORTS.to) return port;
  }
}
