import { expect, test } from 'vitest';
import { FAILURE_CODES } from '../../../src/domain/failure';
import { MESSAGES, messageFor, type Message } from '../../../src/ui/messages';
import { OSES, osOf } from '../../../src/ui/os';

test.each(FAILURE_CODES)('%s has a sentence and a way out', (code) => {
  const message: Message = MESSAGES[code];
  expect(message.title).toMatch(/^[A-Z].*[^.]$/);
  if (!message.silent) expect(message.ways.length).toBeGreaterThan(0);
  for (const os of OSES)
    for (const way of messageFor(code, os).ways) {
      expect(way).toMatch(/[.?`]$/);
      expect(way.split('`').length % 2, `backticks in pairs: ${way}`).toBe(1);
    }
});

test('what fits the system comes first', () => {
  expect(messageFor('usb-denied', 'linux').ways.join(' ')).toMatch(/udev.*snap connect.*Unplug/);
  expect(messageFor('usb-denied', 'windows').ways.join(' ')).toMatch(/WinUSB.*Unplug/);
  expect(messageFor('usb-denied', 'macos').ways.join(' ')).not.toMatch(/snap/);
  expect(messageFor('usb-busy', 'linux').ways.join(' ')).toMatch(/adb kill-server/);
});

test('only stopping it oneself is silent', () => {
  expect(FAILURE_CODES.filter((code) => messageFor(code, 'other').silent)).toEqual(['cancelled']);
});

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0', 'windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/142.0', 'macos'],
  ['Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0', 'linux'],
  ['Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/142.0', 'android'],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/142.0', 'chromeos'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)', 'other'],
  ['', 'other'],
] as const)('%s is %s', (userAgent, os) => {
  expect(osOf(userAgent)).toBe(os);
});
