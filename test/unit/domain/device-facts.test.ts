import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFacts } from '../../../src/domain/device-facts';

// Reconstructed by hand from the formats of getprop, /proc/meminfo, toybox df and dumpsys: not recorded from a phone.
const meminfo = (total: number, available: number) =>
  `MemTotal:       ${total} kB\nMemFree:          312345 kB\nMemAvailable:    ${available} kB\nBuffers:            1234 kB\n`;
const battery = (level: number, tenths: number) =>
  `Current Battery Service state:\n  AC powered: false\n  USB powered: true\n  status: 2\n  level: ${level}\n  scale: 100\n  voltage: 4321\n  temperature: ${tenths}\n  technology: Li-ion\n`;
const df = (free: number) =>
  `Filesystem      1K-blocks     Used Available Use% Mounted on\n/dev/block/dm-54 234567890 98765432 ${free}  43% /data/user/0\n`;
const props = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `[${name}]: [${value}]\n`)
    .join('');

const XIAOMI_14 = [
  '@props\n',
  props({
    ...{ 'ro.product.marketname': 'Xiaomi 14', 'ro.product.model': '23127PN0CG' },
    ...{ 'ro.product.manufacturer': 'Xiaomi', 'ro.build.version.release': '14' },
    ...{ 'ro.build.version.sdk': '34', 'ro.soc.model': 'SM8650', 'ro.soc.manufacturer': 'QTI' },
    ...{
      'ro.product.cpu.abilist': 'arm64-v8a',
      'ro.serialno': 'a1b2c3d4',
      'ro.boot.serialno': 'a1b2c3d4',
    },
  }),
  '@meminfo\n',
  meminfo(11_534_336, 5_242_880),
  '@freq\n2265600\n2265600\n3148800\n3148800\n3148800\n2956800\n2956800\n3302400\n',
  '@df\n',
  df(134_217_728),
  '@thermal\nIsStatusOverride: false\nThermalEventListeners:\n\tcallbacks: 2\nThermal Status: 1\nCached temperatures:\n\tTemperature{mValue=38.1, mType=3, mName=skin, mStatus=0}\n',
  '@battery\n',
  battery(81, 312),
  '@end\n',
].join('');

test('a recent phone with everything', () => {
  expect(parseFacts(XIAOMI_14, 'usb name')).toMatchObject({
    ...{ model: 'Xiaomi 14', manufacturer: 'Xiaomi', android: '14', sdk: 34, abis: ['arm64-v8a'] },
    ...{ soc: 'SM8650', socMaker: 'QTI', htp: 'v75', cores: 8, bigCores: 6 },
    ...{ memoryBytes: 11_534_336 * 1024, memoryFreeBytes: 5_242_880 * 1024 },
    ...{ storageFreeBytes: 2 ** 37, thermalStatus: 1, batteryPercent: 81, batteryCelsius: 31.2 },
  });
});

test('nothing that names this one phone is kept', () => {
  expect(JSON.stringify(parseFacts(XIAOMI_14, 'x'))).not.toContain('a1b2c3d4');
});

test('the same with CRLF', () => {
  const crlf = XIAOMI_14.replaceAll('\n', '\r\n');
  expect(parseFacts(crlf, 'usb name')).toEqual(parseFacts(XIAOMI_14, 'usb name'));
});

test('an old phone without ro.soc, thermal service and readable frequencies', () => {
  const old = [
    '@props\n',
    props({
      ...{
        'ro.product.model': 'SM-G950F',
        'ro.build.version.release': '9',
        'ro.build.version.sdk': '28',
      },
      ...{
        'ro.product.cpu.abilist': 'arm64-v8a,armeabi-v7a,armeabi',
        'ro.board.platform': 'exynos5',
      },
      'ro.soc.manufacturer': '',
    }),
    '@meminfo\n' + meminfo(3_700_000, 900_000) + '@freq\n@df\n@thermal\n',
    "Can't find service: thermalservice\n@battery\n" + battery(100, -15) + '@end\n',
  ].join('');
  expect(parseFacts(old, 'usb name')).toMatchObject({
    ...{ model: 'SM-G950F', manufacturer: undefined, sdk: 28, soc: 'exynos5', socMaker: undefined },
    ...{ htp: undefined, cores: undefined, bigCores: undefined, storageFreeBytes: undefined },
    ...{ abis: ['arm64-v8a', 'armeabi-v7a', 'armeabi'], thermalStatus: undefined },
    ...{ batteryPercent: 100, batteryCelsius: -1.5 },
  });
});

test('a MediaTek phone whose df breaks its line and whose SoC says "unknown"', () => {
  const phone =
    '@props\n' +
    props({
      'ro.product.model': 'CPH2581',
      'ro.soc.model': 'unknown',
      'ro.hardware.chipname': 'MT6989',
    }) +
    '@freq\n2000000\n2000000\n2850000\n3250000\n@df\nFilesystem 1K-blocks Used Available Use% Mounted on\n' +
    '/dev/block/by-name/a-very-long-name\n                100 60 40 60% /data\n@end\n';
  expect(parseFacts(phone, 'x')).toMatchObject({
    ...{ model: 'CPH2581', soc: 'MT6989', cores: 4, bigCores: 2, storageFreeBytes: 40_960 },
  });
});

test('without any output there is a name and nothing made up', () => {
  const { model, abis, cpuFeatures, ...rest } = parseFacts('', 'usb name');
  expect([model, abis]).toEqual(['usb name', []]);
  expect(cpuFeatures ?? []).toEqual([]);
  expect(new Set(Object.values(rest))).toEqual(new Set([undefined]));
});

test('figures beyond all measure are not figures', () => {
  const facts = parseFacts(
    `@meminfo\nMemTotal: ${'9'.repeat(400)} kB\n@freq\n1e999 -5 ${'7'.repeat(50)} 5\n@thermal\nThermal Status: 12\n@battery\nlevel: ${'8'.repeat(99)}\n@end\n`,
    'x',
  );
  expect(facts).toMatchObject({
    ...{ memoryBytes: undefined, cores: 1, thermalStatus: undefined, batteryPercent: undefined },
  });
});

const flood = (unit: string) => unit.repeat((4 << 20) / unit.length);
test.each([
  '\n',
  '[\n',
  '[a]: [',
  ' ',
  'a',
  '1 ',
  '1\n',
  'x\n\n',
  '@a\n',
  'MemTotal: ',
  'flags:\n',
  ' level:\n',
])('4 MiB of %j in every part are read in time', (unit) => {
  const started = performance.now();
  for (const part of ['props', 'cpu', 'meminfo', 'freq', 'df', 'thermal', 'battery'])
    parseFacts(`@${part}\n${flood(unit)}\n@end\n`, 'x');
  expect(performance.now() - started).toBeLessThan(15_000);
});

test('no text makes it throw', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom(...XIAOMI_14.split('\n')));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const facts = parseFacts(lines.join('\n'), 'x');
      expect(facts.model.length).toBeLessThanOrEqual(80);
      for (const value of Object.values(facts))
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
