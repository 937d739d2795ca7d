import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time of everything below a process, in ms: on a busy machine wall time says little. Linux only, else undefined.
 * Source: /proc/<pid>/task/<tid>/schedstat, first field, ns on a CPU (Linux Documentation/scheduler/sched-stats).
 */
export function cpuMs(root: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  let ns = 0;
  for (const pid of descendants(root))
    for (const task of list(`/proc/${pid}/task`))
      ns += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0);
  return ns / 1e6;
}

/** Most memory that a renderer below `root` has held so far, in MB. */
export function rendererPeakMb(root: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const peaks = descendants(root)
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes('--type=renderer'))
    .map((pid) => Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024);
  return Math.max(0, ...peaks);
}

let cache: { root: number; at: number; pids: readonly number[] } | undefined;

/** Looked up every two seconds: Chromium starts its processes before anything is measured. */
function descendants(root: number): readonly number[] {
  if (cache?.root === root && performance.now() - cache.at < 2000) return cache.pids;
  const children = new Map<number, number[]>();
  for (const name of list('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = read(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const pids: number[] = [];
  for (const todo = [root]; todo.length > 0;) {
    const below = children.get(todo.pop() ?? 0) ?? [];
    pids.push(...below);
    todo.push(...below);
  }
  cache = { root, at: performance.now(), pids };
  return pids;
}

/** A process may end while it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
