import { AdbSyncError } from '@yume-chan/adb';
import { AdbDaemonWebUsbDevice } from '@yume-chan/adb-daemon-webusb';
import { FAILURE_CODES, type Failure, type FailureCode } from '../../domain/failure';
import { fail } from '../../domain/result';

/** Where a value was thrown. Together with its type and `name` it decides the code; message text never does. */
export type Where = 'choose' | 'open' | 'claim' | 'auth' | 'transfer' | 'sync' | 'source';

const MAX_DETAIL_CHARS = 500;

/**
 * `DOMException.name` to code. `open`: Chromium gives SecurityError without rights (Linux udev, Snap) and
 * NetworkError without a usable driver (Windows). `transfer`: a vanished phone is a NetworkError, often
 * before the disconnect event (https://github.com/WICG/webusb/issues/219); closing gives AbortError.
 */
const BY_NAME: Record<Exclude<Where, 'sync' | 'source'>, Readonly<Record<string, FailureCode>>> = {
  choose: { NotFoundError: 'nothing-chosen', SecurityError: 'usb-blocked' },
  open: {
    SecurityError: 'usb-denied',
    NetworkError: 'usb-denied',
    NotFoundError: 'unplugged',
    InvalidStateError: 'usb-busy',
  },
  claim: {
    SecurityError: 'usb-denied',
    NetworkError: 'usb-busy',
    NotFoundError: 'unplugged',
    InvalidStateError: 'usb-busy',
  },
  auth: { NetworkError: 'unplugged', NotFoundError: 'unplugged', AbortError: 'unplugged' },
  transfer: {
    NetworkError: 'unplugged',
    NotFoundError: 'unplugged',
    AbortError: 'unplugged',
    InvalidStateError: 'unplugged',
  },
};

/**
 * What the phone's adbd says about a file is protocol data: "<what>: <strerror>" (AOSP adb
 * daemon/file_sync_service.cpp, SendSyncFailErrno). These are bionic's and glibc's strerror texts.
 */
const BY_STRERROR: readonly (readonly [RegExp, FailureCode])[] = [
  [/No space left on device|(Disk )?quota exceeded/i, 'disk-full'],
  [/No such file or directory/, 'device-file-missing'],
  [/Read-only file system|Permission denied|Operation not permitted/, 'device-denied'],
  [/Is a directory|Not a directory|Text file busy/, 'device-denied'],
];

/** Turns a thrown platform or library value into a failure. The original text is kept as detail. */
export function toFailure(error: unknown, where: Where): Failure {
  // Copied: an error that is a failure, too, is not plain data.
  if (isFailure(error)) return fail(error.code, error.detail).failure;
  return { code: codeOf(error, where), detail: textOf(error) };
}

/** True when the value's code is certain without knowing whether the phone is still there. */
export function speaksForItself(error: unknown): boolean {
  return (
    error instanceof AdbSyncError ||
    error instanceof AdbDaemonWebUsbDevice.DeviceBusyError ||
    error instanceof DOMException ||
    isFailure(error)
  );
}

function codeOf(error: unknown, where: Where): FailureCode {
  // The stream that a file comes from: network, disk. One that knows better fails with a `Failure`.
  if (where === 'source') return 'bundle-unreachable';
  if (error instanceof AdbDaemonWebUsbDevice.DeviceBusyError) return 'usb-busy';
  if (error instanceof AdbSyncError)
    return BY_STRERROR.find(([text]) => text.test(error.message))?.[1] ?? 'command-failed';
  const table = BY_NAME[where === 'sync' ? 'transfer' : where];
  const known = error instanceof DOMException ? table[error.name] : undefined;
  // A plain Error in `auth` is the library's "no authenticator can handle the request": the phone refused.
  return (
    known ?? (where === 'auth' && !(error instanceof TypeError) ? 'unauthorised' : 'adb-protocol')
  );
}

/** A stream may fail with a `Failure` itself, so that its maker decides the code. */
function isFailure(value: unknown): value is Failure {
  const code = typeof value === 'object' && value !== null && 'code' in value && value.code;
  return FAILURE_CODES.some((known) => known === code);
}

/** "Name: message", with the cause; made for bug reports. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MAX_DETAIL_CHARS);
  const cause = error.cause === undefined ? '' : ` (cause: ${textOf(error.cause)})`;
  return `${error.name}: ${error.message}${cause}`.slice(0, MAX_DETAIL_CHARS);
}
