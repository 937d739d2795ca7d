import { AdbSyncError } from '@yume-chan/adb';
import { AdbDaemonWebUsbDevice } from '@yume-chan/adb-daemon-webusb';
import { expect, test } from 'vitest';
import { toFailure, type Where } from '../../../../src/adapters/adb/failures';

const named = (name: string) => new DOMException('any text, in any language', name);

test.each<[Where, unknown, string]>([
  ['choose', named('NotFoundError'), 'nothing-chosen'],
  ['choose', named('SecurityError'), 'usb-blocked'],
  ['open', named('SecurityError'), 'usb-denied'],
  ['open', named('NetworkError'), 'usb-denied'],
  ['open', named('NotFoundError'), 'unplugged'],
  ['open', named('InvalidStateError'), 'usb-busy'],
  ['claim', new AdbDaemonWebUsbDevice.DeviceBusyError(named('NetworkError')), 'usb-busy'],
  ['claim', named('SecurityError'), 'usb-denied'],
  ['claim', named('NotFoundError'), 'unplugged'],
  ['auth', new Error('No authenticator can handle the request'), 'unauthorised'],
  ['auth', named('NetworkError'), 'unplugged'],
  ['transfer', named('NetworkError'), 'unplugged'],
  ['transfer', named('AbortError'), 'unplugged'],
  ['transfer', new Error('Unknown command: 1234'), 'adb-protocol'],
  ['sync', new AdbSyncError('write failed: No space left on device'), 'disk-full'],
  ['sync', new AdbSyncError("couldn't create file: Read-only file system"), 'device-denied'],
  ['sync', new AdbSyncError('open failed: Permission denied'), 'device-denied'],
  ['sync', new AdbSyncError('open failed: No such file or directory'), 'device-file-missing'],
  ['sync', new AdbSyncError('read failed: I/O error'), 'command-failed'],
  ['source', named('NotReadableError'), 'bundle-unreachable'],
  ['source', { code: 'hash-mismatch' }, 'hash-mismatch'],
])('%s: %s is %s', (where, error, code) => {
  expect(toFailure(error, where).code).toBe(code);
});

test('the original text is kept, with its cause, and is not endless', () => {
  const busy = new AdbDaemonWebUsbDevice.DeviceBusyError(named('NetworkError'));
  expect(toFailure(busy, 'claim').detail).toMatch(/^Error: .* \(cause: NetworkError: any text/);
  expect(toFailure(new Error('x'.repeat(9999)), 'transfer').detail).toHaveLength(500);
  expect(toFailure('not even an error', 'transfer').detail).toBe('not even an error');
});
