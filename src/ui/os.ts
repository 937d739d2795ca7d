/** Operating systems that need advice of their own. */
export const OSES = ['windows', 'macos', 'linux', 'android', 'chromeos', 'other'] as const;
export type Os = (typeof OSES)[number];

/** Tells the system from a user agent, for advice only. Android says "Linux" too, hence the order. */
export function osOf(userAgent: string): Os {
  if (/Android/.test(userAgent)) return 'android';
  if (/CrOS/.test(userAgent)) return 'chromeos';
  if (/Windows/.test(userAgent)) return 'windows';
  if (/iPhone|iPad/.test(userAgent)) return 'other';
  if (/Mac OS X|Macintosh/.test(userAgent)) return 'macos';
  return /Linux|X11/.test(userAgent) ? 'linux' : 'other';
}
