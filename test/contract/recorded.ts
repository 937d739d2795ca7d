import type { Device, Feeding } from '../../src/domain/device';

/** The same device; every script that it is asked to run is added to `scripts`. */
export const record = (device: Device, scripts: string[]): Device =>
  new Proxy(device, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (key === 'shell') scripts.push(String(args[0]));
        if (key === 'feed') scripts.push((args[0] as Feeding).script);
        return value.apply(target, args) as unknown;
      };
    },
  });

/** The names of the commands in a script, as far as they stand where a shell looks for them. */
export function commandsOf(script: string): readonly string[] {
  const plain = script.replaceAll(/'[^']*'/g, "''");
  return plain
    .split(/&&|\|\||[;|\n{}]/)
    .map((part) => part.trim().replace(/^(?:if|then|else|do|while|until|!)\s+/, ''))
    .map((part) => part.replace(/^(?:exec\s+|\w+=\S+\s+)+/, ''))
    .map((part) => /^\S+/.exec(part)?.[0] ?? '')
    .filter((word) => word !== '' && !['fi', 'done', ''].includes(word));
}
