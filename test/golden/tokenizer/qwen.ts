import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { BYTE_CHARS } from '../../../src/adapters/tokenizer/alphabet';

/** The two files share vocabulary and merges; they differ in added tokens and in how a merge is written. */
const SHA256 = {
  qwen2_5: 'c0382117ea329cdf097041132f6d735924b697924d6f6fc3945713e96ce87539',
  qwen3: 'aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4',
} as const;
export type QwenName = keyof typeof SHA256;

const here = import.meta.dirname;

/** All merges, "a b" each, by rank. */
export function qwenMerges(): string[] {
  return brotliDecompressSync(readFileSync(join(here, 'qwen-merges.txt.br')))
    .toString()
    .split('\n');
}

/** The 256 bytes in the order of their ids: those that stand for themselves, then the moved ones. */
export const byteTokens = (): string[] => {
  const itself = (char: string) => char.charCodeAt(0) < 256;
  return [...BYTE_CHARS.filter(itself), ...BYTE_CHARS.filter((char) => !itself(char))];
};

const built = new Map<QwenName, Buffer>();

/**
 * tokenizer.json as published, byte for byte (its sha256 is checked): the vocabulary is the 256 bytes and then the
 * result of each merge, so the list of merges is all that has to be stored (0.6 MB instead of 7 and 11).
 */
export function qwenFile(name: QwenName): Uint8Array<ArrayBuffer> {
  let file = built.get(name);
  if (!file) {
    file = build(name);
    const sha256 = createHash('sha256').update(file).digest('hex');
    if (sha256 !== SHA256[name]) throw new Error(`${name}: rebuilt with sha256 ${sha256}`);
    built.set(name, file);
  }
  return new Uint8Array(file); // a copy: compile() uses its bytes up
}

function build(name: QwenName): Buffer {
  const merges = qwenMerges();
  const tokens = [...byteTokens(), ...merges.map((merge) => merge.replace(' ', ''))];
  const entries = tokens.map((token, id) => `      ${JSON.stringify(token)}: ${id}`);
  const lines = merges.map((merge) =>
    name === 'qwen2_5'
      ? `      ${JSON.stringify(merge)}`
      : `      [\n${merge
          .split(' ')
          .map((part) => `        ${JSON.stringify(part)}`)
          .join(',\n')}\n      ]`,
  );
  const head = readFileSync(join(here, `${name}-head.json`), 'utf8').trimEnd();
  return Buffer.from(
    head
      .replace('"@vocab"', () => `{\n${entries.join(',\n')}\n    }`)
      .replace('"@merges"', () => `[\n${lines.join(',\n')}\n    ]`),
  );
}
