import { simulate, type TinyQuestion } from '../../src/adapters/simulated';

/** What a simulated runner did. */
export interface Simulated {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the tiny model was asked. */
  readonly asked: readonly TinyQuestion[];
}

/** A phone's files for simulated runners, in memory; the tiny model says "two red circles". */
export class SimulatedPhone {
  readonly files = new Map<string, Uint8Array>();
  htp: string | undefined = 'v75';
  answer: readonly string[] = ['two', ' red', ' circles'];

  put(path: string, data: Uint8Array | string): this {
    this.files.set(path, typeof data === 'string' ? new TextEncoder().encode(data) : data);
    return this;
  }

  async run(
    name: string,
    argv: readonly string[],
    { cwd = '/run', env = {}, stdin = [] as readonly string[] } = {},
  ): Promise<Simulated> {
    let stdout = '';
    let stderr = '';
    const asked: TinyQuestion[] = [];
    const lines = [...stdin];
    const { answer } = this;
    let ms = 1_750_000_000_000;
    const exitCode = await simulate(name, {
      ...{ argv, cwd, env, htp: this.htp, killed: new AbortController().signal },
      readFile: (path) => this.files.get(path),
      writeFile: (path, data) => this.files.set(path, data).size > 0,
      print: async (out) =>
        (stdout += typeof out === 'string' ? out : new TextDecoder().decode(out)),
      warn: async (out) => (stderr += out),
      read: async () => {
        const line = lines.shift();
        return line === undefined ? undefined : new TextEncoder().encode(line);
      },
      now: () => (ms += 10),
      async *infer(question) {
        asked.push(question);
        yield* answer;
        return { promptTokens: 80, prefillMs: 10, tokens: 4, decodeMs: 30, stopped: true };
      },
    });
    return { exitCode, stdout, stderr, asked };
  }
}
