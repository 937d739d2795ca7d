import type { Result } from '../../domain/result';
import type { Link } from './link';
import { runScript } from './shell';

const MAX_NAME_CHARS = 60;
const PROPERTIES = ['ro.product.marketname', 'ro.product.manufacturer', 'ro.product.model'];

/**
 * What to call the phone, for example "Xiaomi 14": its market name, or maker and model. A phone without
 * `getprop` gets the model of its banner, then `fallback`. Failures are those of `shell()`.
 */
export async function readName(
  link: Link,
  fallback: string,
  signal: AbortSignal,
): Promise<Result<string>> {
  const asked = await runScript(
    link,
    PROPERTIES.map((name) => `getprop ${name}`).join('; '),
    signal,
  );
  if (!asked.ok) return asked;
  const [market = '', maker = '', model = ''] = asked.value.stdout.split('\n').map(clean);
  const name = market || makerAndModel(maker, model || clean(link.adb.banner.model ?? ''));
  return { ok: true, value: name || clean(fallback) || 'Android device' };
}

/** "Google", "Pixel 8" → "Google Pixel 8"; "Xiaomi", "Xiaomi 14" → "Xiaomi 14". */
export function makerAndModel(maker: string, model: string): string {
  if (!model || model.toLowerCase().startsWith(maker.toLowerCase())) return model;
  return `${maker.charAt(0).toUpperCase()}${maker.slice(1)} ${model}`;
}

/** A name comes from the phone: one line of printable characters, not too long. */
const clean = (text: string) =>
  text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_CHARS);
