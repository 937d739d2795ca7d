import { expect, test } from 'vitest';
import { webUsbUnavailable } from '../../../../src/adapters/browser/webusb';

const scope = (isSecureContext: boolean, usb: unknown, allowed?: boolean) => ({
  ...{ isSecureContext, navigator: { usb } },
  document: allowed === undefined ? {} : { featurePolicy: { allowsFeature: () => allowed } },
});

test.each([
  ['an insecure page', scope(false, undefined), 'insecure-page'],
  ['a browser without WebUSB', scope(true, undefined), 'webusb-missing'],
  ['a page whose policy forbids it', scope(true, {}, false), 'usb-blocked'],
  ['a page whose policy allows it', scope(true, {}, true), undefined],
  ['a browser without feature policy', scope(true, {}), undefined],
])('%s', (_, given, code) => {
  expect(webUsbUnavailable(given)?.code).toBe(code);
});
