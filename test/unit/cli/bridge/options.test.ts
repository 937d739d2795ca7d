import { expect, test } from 'vitest';
import { parseOptions, UsageError } from '../../../../src/cli/bridge/options';

const ORIGINS = ['http://localhost:4173', 'http://127.0.0.1:4173'];

test('a phone over Wi-Fi, with all that is usual', () => {
  expect(parseOptions(['--device', '192.168.1.20'])).toEqual({
    phone: { via: 'tcp', device: { host: '192.168.1.20', port: 5555 } },
    ...{ origins: ORIGINS, port: 0 },
  });
});

test.each([
  ['phone.local:1234', { host: 'phone.local', port: 1234 }],
  ['[fd00::2]:1234', { host: 'fd00::2', port: 1234 }],
  ['[fd00::2]', { host: 'fd00::2', port: 5555 }],
])('--device %s', (text, device) => {
  expect(parseOptions(['--device', text])).toMatchObject({ phone: { device } });
});

test('a phone of an adb server', () => {
  expect(parseOptions(['--adb'])).toMatchObject({
    phone: { via: 'adb', server: { host: '127.0.0.1', port: 5037 }, serial: undefined },
  });
  const more = ['--serial', 'R5 8', '--server', '127.0.0.1:16037', '--port', '4174'];
  expect(parseOptions(['--adb', ...more])).toMatchObject({
    phone: { server: { port: 16037 }, serial: 'R5 8' },
    port: 4174,
  });
});

test('pages elsewhere are named by address; only the origin counts', () => {
  const origins = ['--origin', 'https://me.example/plugsight/', '--origin', 'http://localhost:1'];
  expect(parseOptions(['--adb', ...origins])).toMatchObject({
    origins: ['https://me.example', 'http://localhost:1'],
  });
});

test.each([['--help'], ['-h'], ['--adb', '--help']])('%s asks for help', (...args) => {
  expect(parseOptions(args)).toBe('help');
});

test.each([
  [[], 'say which phone'],
  [['--adb', '--device', 'x'], 'say which phone'],
  [['--device', 'a b'], 'not HOST:PORT'],
  [['--device', 'x:0'], 'not a port number'],
  [['--device', 'x:65536'], 'not a port number'],
  [['--device', ''], 'not HOST:PORT'],
  [['--device', 'x', '--serial', 'y'], 'go with --adb'],
  [['--adb', '--port', 'http'], 'not a port number'],
  [['--adb', '--origin', 'localhost:4173'], 'not an address of a page'],
  [['--adb', '--origin', 'file:///x'], 'not an address of a page'],
  [['--adb', '--host', '0.0.0.0'], 'listens on 127.0.0.1 only'],
  [['--adb', '--host', '::'], 'listens on 127.0.0.1 only'],
  [['--what'], 'what'],
  [['left over'], 'left over'],
] as const)('%j is a usage error that says why', (args, why) => {
  expect(() => parseOptions([...args])).toThrow(UsageError);
  expect(() => parseOptions([...args])).toThrow(why);
});
