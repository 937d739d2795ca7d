/**
 * Builds the preprocessing core: wasm/pkg/core.wasm (SIMD) and wasm/pkg/core-scalar.wasm (its twin, same exports).
 * Run by `npm run wasm`. Does nothing when no input changed.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';

const root = import.meta.dirname;
const pkg = join(root, 'pkg');
const OPTIONS = ['--runtime', 'stub', '--noAssert', '-O3', '--maximumMemory', '16384'];
const BUILDS = { 'core.wasm': ['--enable', 'simd'], 'core-scalar.wasm': ['--disable', 'simd'] };

/** Compiles what is out of date and says what it did, one line per module. */
export async function buildWasm(say: (line: string) => void): Promise<void> {
  const hash = inputHash();
  const stamp = join(pkg, 'inputs.sha256');
  const built = Object.keys(BUILDS).every((name) => existsSync(join(pkg, name)));
  if (built && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)
    return say('wasm: unchanged');
  mkdirSync(pkg, { recursive: true });
  // Built aside and moved: another process may be reading, or building too.
  const aside = mkdtempSync(join(pkg, 'build-'));
  for (const [name, extra] of Object.entries(BUILDS)) {
    const bytes = await compile(join(aside, name), extra);
    renameSync(join(aside, name), join(pkg, name));
    say(`wasm: ${name} ${bytes} bytes`);
  }
  rmSync(aside, { recursive: true });
  writeFileSync(stamp, hash);
}

/** Hash of everything that decides what comes out. */
function inputHash(): string {
  const hash = createHash('sha256')
    .update(asc.version)
    .update(JSON.stringify([OPTIONS, BUILDS]));
  for (const file of readdirSync(join(root, 'src')).sort())
    hash.update(file).update(readFileSync(join(root, 'src', file)));
  return hash.digest('hex');
}

async function compile(out: string, extra: readonly string[]): Promise<number> {
  const entry = join(root, 'src/index.ts');
  const { error, stderr } = await asc.main([entry, '-o', out, ...OPTIONS, ...extra]);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return readFileSync(out).length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildWasm(console.log);
