import type { Clock } from '../../domain/clock';
import { htpArchOf } from '../../domain/soc';
import type { VirtualModel } from '../../domain/virtual';
import type { PhoneFiles } from './files';

/** A phone that the page can simulate. Names and figures follow the real chip; the name says that it is virtual. */
export interface PhoneModel extends VirtualModel {
  /** Product name, as adbd and getprop say it. */
  readonly product: string;
  readonly socMaker: string;
  readonly socModel: string;
  readonly platform: string;
  readonly release: string;
  readonly sdk: number;
  /** Highest frequency in kHz of each core. */
  readonly coresKhz: readonly number[];
}

const cores = (count: number, khz: number) => Array.from({ length: count }, () => khz);

export const PHONE_MODELS: readonly PhoneModel[] = [
  {
    id: 'sm8650',
    name: 'Phone with Snapdragon 8 Gen 3',
    summary: 'SM8650, Android 14. Simulated: it computes on this computer, in this page.',
    product: 'Virtual phone (SM8650)',
    socMaker: 'QTI',
    socModel: 'SM8650',
    platform: 'pineapple',
    release: '14',
    sdk: 34,
    coresKhz: [
      ...cores(2, 2265600),
      ...cores(3, 3148800),
      ...cores(2, 2956800),
      ...cores(1, 3302400),
    ],
  },
  {
    id: 'sm8750',
    name: 'Phone with Snapdragon 8 Elite',
    summary: 'SM8750, Android 15. Simulated: it computes on this computer, in this page.',
    product: 'Virtual phone (SM8750)',
    socMaker: 'QTI',
    socModel: 'SM8750',
    platform: 'sun',
    release: '15',
    sdk: 35,
    coresKhz: [...cores(6, 3532800), ...cores(2, 4320000)],
  },
  {
    id: 'mt6769',
    name: 'Phone without NPU (Helio G85)',
    summary: 'MT6769, Android 13. Simulated: it computes on this computer, in this page.',
    product: 'Virtual phone (MT6769)',
    socMaker: 'Mediatek',
    socModel: 'MT6769Z',
    platform: 'mt6768',
    release: '13',
    sdk: 33,
    coresKhz: [...cores(6, 1800000), ...cores(2, 2000000)],
  },
];

/** The phone with this id. An unknown id is a bug of the caller: links are checked against the list. */
export function modelById(id: string): PhoneModel {
  const model = PHONE_MODELS.find((candidate) => candidate.id === id);
  if (!model) throw new Error(`there is no virtual phone "${id}"`);
  return model;
}

/** The serial number that a virtual phone shows on USB. */
export const serialOf = (modelId: string): string => `VIRTUAL-${modelId.toUpperCase()}`;

/** The property list that getprop shows. */
export function propertiesOf(model: PhoneModel): ReadonlyMap<string, string> {
  return new Map([
    ['ro.board.platform', model.platform],
    ['ro.boot.qemu', '0'],
    ['ro.build.fingerprint', `plugsight/virtual/${model.id}:${model.release}/1/1:user/test-keys`],
    ['ro.build.type', 'user'],
    ['ro.build.version.release', model.release],
    ['ro.build.version.sdk', String(model.sdk)],
    ['ro.hardware', model.platform],
    ['ro.plugsight.virtual', '1'],
    // not arm64: the programs that it runs are our own stand-ins
    ['ro.product.cpu.abi', 'wasm32'],
    ['ro.product.cpu.abilist', 'wasm32'],
    ['ro.product.device', `virtual_${model.id}`],
    ['ro.product.manufacturer', 'Plugsight'],
    ['ro.product.model', model.product],
    ['ro.product.name', `virtual_${model.id}`],
    ['ro.soc.manufacturer', model.socMaker],
    ['ro.soc.model', model.socModel],
  ]);
}

/** What adbd says of itself on connecting. */
export function bannerOf(model: PhoneModel): string {
  const properties = propertiesOf(model);
  const keys = ['ro.product.name', 'ro.product.model', 'ro.product.device'];
  return `device::${keys.map((key) => `${key}=${properties.get(key) ?? ''};`).join('')}`;
}

/** Memory that the phone claims, in KiB: about what one WebAssembly instance can use. */
const MEM_TOTAL_KB = 4 << 20;
const MEM_AVAILABLE_KB = 3 << 20;

/** Fills /proc and /sys with what the page reads there. */
export function preloadSystem(files: PhoneFiles, model: PhoneModel, clock: Clock): void {
  const { coresKhz } = model;
  const range = `0-${coresKhz.length - 1}\n`;
  files.preload('/proc/version', () => 'Linux version 6.1.0-plugsight-virtual (simulated)\n');
  files.preload('/proc/uptime', () => `${(clock.now() / 1000).toFixed(2)} 0.00\n`);
  files.preload('/proc/loadavg', () => '0.00 0.00 0.00 1/1 1\n');
  files.preload('/proc/meminfo', meminfo);
  files.preload('/proc/cpuinfo', () => cpuinfo(model));
  const cpu = '/sys/devices/system/cpu';
  // Present where the chip has an NPU, as on a phone; nobody can load it here.
  if (htpArchOf(model.socModel))
    files.preload('/vendor/lib64/libcdsprpc.so', () => 'simulated: not a library\n');
  for (const name of ['possible', 'present', 'online'])
    files.preload(`${cpu}/${name}`, () => range);
  coresKhz.forEach((khz, i) => {
    const policy = coresKhz.indexOf(khz);
    const freq = `${cpu}/cpu${i}/cpufreq`;
    files.preload(`${freq}/cpuinfo_max_freq`, () => `${khz}\n`);
    files.preload(`${freq}/scaling_max_freq`, () => `${khz}\n`);
    files.preload(`${freq}/related_cpus`, () => `${related(coresKhz, policy).join(' ')}\n`);
  });
}

const related = (khz: readonly number[], policy: number) =>
  khz.flatMap((value, i) => (value === khz[policy] ? [i] : []));

function meminfo(): string {
  const rows = [
    ['MemTotal:', MEM_TOTAL_KB],
    ['MemFree:', MEM_AVAILABLE_KB],
    ['MemAvailable:', MEM_AVAILABLE_KB],
    ['SwapTotal:', 0],
    ['SwapFree:', 0],
  ] as const;
  return rows.map(([name, kb]) => `${name.padEnd(15)} ${String(kb).padStart(8)} kB\n`).join('');
}

function cpuinfo(model: PhoneModel): string {
  const each = model.coresKhz.map(
    (_, i) =>
      `processor\t: ${i}\nmodel name\t: WebAssembly (simulated core)\nFeatures\t: simd128\n\n`,
  );
  return `${each.join('')}Hardware\t: ${model.product}\n`;
}
