/** Values of command line flags by name, in order of appearance. */
export type Flags = ReadonlyMap<string, readonly string[]>;

/**
 * Reads flags as gflags does: `--a b`, `--a=b`, `--switch`, `--noswitch`; one dash or two.
 * A string is what gflags says on stderr before it exits with 1.
 * Source: gflags/gflags src/gflags.cc.
 */
export function gflags(
  argv: readonly string[],
  named: readonly string[],
  switches: readonly string[] = [],
): Flags | string {
  const values = new Map<string, string[]>();
  const put = (name: string, value: string) =>
    values.set(name, [...(values.get(name) ?? []), value]);
  for (let i = 1; i < argv.length; i += 1) {
    const [, name = '', value] = /^--?([^=]+)(?:=(.*))?$/s.exec(argv[i] ?? '') ?? [];
    const off = /^no(.+)$/.exec(name)?.[1];
    if (switches.includes(name)) put(name, value ?? 'true');
    else if (off && switches.includes(off)) put(off, 'false');
    else if (!named.includes(name)) return `ERROR: unknown command line flag '${name}'`;
    else if (value !== undefined) put(name, value);
    else if (i + 1 < argv.length) put(name, argv[(i += 1)] ?? '');
    else return `ERROR: flag '--${name}' is missing its argument`;
  }
  return values;
}

/**
 * Reads flags as llama.cpp's common/arg.cpp does: every option takes one value but the switches; aliases share a name.
 * A string is the argument that is not known, or that lacks its value.
 */
export function llamaFlags(
  argv: readonly string[],
  names: Readonly<Record<string, string>>,
  switches: readonly string[],
): Flags | string {
  const values = new Map<string, string[]>();
  for (let i = 1; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    const name = names[word];
    if (name === undefined) return word;
    const value = switches.includes(name) ? 'true' : argv[(i += 1)];
    if (value === undefined) return word;
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

export const last = (flags: Flags, name: string): string | undefined => flags.get(name)?.at(-1);
