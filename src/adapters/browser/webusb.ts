import type { Failure } from '../../domain/failure';

interface FeaturePolicyDocument {
  readonly featurePolicy?: { allowsFeature(name: string): boolean };
}

/** Why WebUSB cannot work on this page, told without loading any of the ADB code. */
export function webUsbUnavailable(scope: {
  readonly isSecureContext: boolean;
  readonly navigator: { readonly usb?: unknown };
  readonly document: object;
}): Failure | undefined {
  if (!scope.isSecureContext) return { code: 'insecure-page' };
  if (!scope.navigator.usb) return { code: 'webusb-missing' };
  // Chromium only, and not in TypeScript's DOM: whether the Permissions-Policy header lets this page use USB.
  const { featurePolicy } = scope.document as FeaturePolicyDocument;
  if (featurePolicy?.allowsFeature('usb') === false) return { code: 'usb-blocked' };
  return undefined;
}

/** True when a phone with an ADB interface that this page may use is plugged in. */
export async function hasKnownPhone(usb: USB): Promise<boolean> {
  const devices = await usb.getDevices().catch(() => []);
  return devices.some((device) =>
    device.configurations.some(({ interfaces }) =>
      interfaces.some(({ alternates }) =>
        // The ADB interface: vendor class 0xff, subclass 0x42, protocol 1 (AOSP packages/modules/adb adb.h).
        alternates.some(
          (alt) =>
            alt.interfaceClass === 0xff &&
            alt.interfaceSubclass === 0x42 &&
            alt.interfaceProtocol === 1,
        ),
      ),
    ),
  );
}
