import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { SOURCE } from './source';
import { programOf, type Target } from './targets';
import type { Toolchain } from './tools';

export interface Compilation {
  readonly target: Target;
  readonly tools: Toolchain;
  /** Folder with our CMakeLists.txt. */
  readonly project: string;
  /** llama.cpp's sources. */
  readonly source: string;
  /** Build folder; kept, so that the next build only makes what changed. */
  readonly build: string;
  readonly log: string;
  readonly jobs: number;
}

/** Builds all programs of one target; they stand in the build folder, not stripped. */
export async function compile(compilation: Compilation): Promise<void> {
  const { build, log, jobs, target } = compilation;
  await configure(compilation);
  const programs = [undefined, ...target.levels].map(programOf);
  await run('ninja', ['-C', build, '-j', String(jobs), ...programs], { log });
}

/** CMake's own checks take seconds, so only when something about them changed. */
async function configure(compilation: Compilation): Promise<void> {
  const { build, log } = compilation;
  const args = cmakeArgs(compilation);
  const mark = join(build, 'plugsight-configured.json');
  const text = JSON.stringify(args);
  if ((await readFile(mark, 'utf8').catch(() => '')) === text) return;
  await rm(build, { recursive: true, force: true });
  await mkdir(build, { recursive: true });
  await run('cmake', args, { log });
  await writeFile(mark, text);
}

/** The recorded flags: everything that CMake is told. */
export function cmakeArgs({ target, tools, project, source, build }: Compilation): string[] {
  const define = {
    CMAKE_BUILD_TYPE: 'Release',
    LLAMA_CPP: source,
    LLAMA_BUILD_COMMIT: SOURCE.commit.slice(0, 7),
    LLAMA_BUILD_NUMBER: '1',
    ENGINE: SOURCE.engine,
    ...target.baseline,
    LEVELS: target.levels.map(({ name, flags }) => `${name}=${flags}`).join(';'),
  };
  return [
    ...['-G', 'Ninja', '-S', project, '-B', build],
    ...tools.cmake,
    ...Object.entries(define).map(([name, value]) => `-D${name}=${value}`),
  ];
}

/** The command that links a program, as ninja would run it in the build folder. */
export function linkCommand(build: string, program: string): string {
  const commands = execFileSync('ninja', ['-C', build, '-t', 'commands', program], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const link = commands.trim().split('\n').at(-1) ?? '';
  // CMake wraps it: ": && g++ … && :".
  return link.replace(/^: && /, '').replace(/ && :$/, '');
}
