import { htpArchOf } from '../../domain/soc';
import type { ScriptedFailure } from '../../domain/virtual';
import {
  CannotInfer,
  simulate,
  SIMULATED_NAMES,
  type SimulatedIo,
  type TinyFigures,
  type TinyQuestion,
} from '../simulated';
import { EngineFault, type LoadEngine } from './engine';
import { FileFault } from './faults';
import type { PhoneFiles } from './files';
import { parentOf } from './paths';
import type { VirtualPhone } from './phone';
import type { Program, ProgramIo } from './process';

/** Vendor runners that this phone only imitates: they answer with the tiny model, by the engine given, or fail as told. */
export const simulatedRunners = (
  phone: VirtualPhone,
  load: LoadEngine,
  told: () => ScriptedFailure | undefined = () => undefined,
): Readonly<Record<string, Program>> =>
  Object.fromEntries(
    SIMULATED_NAMES.map((name) => [
      name,
      (io) => simulate(name, simulatedIo(io, phone, load), told()),
    ]),
  );

function simulatedIo(io: ProgramIo, phone: VirtualPhone, load: LoadEngine): SimulatedIo {
  const { argv, cwd, env, files, print, warn, read, killed } = io;
  return {
    ...{ argv, cwd, env, print, warn, read, killed },
    htp: htpArchOf(phone.model.socModel),
    now: () => Date.now(),
    readFile: (path) => whole(files, path),
    writeFile: (path, data) => write(files, path, data),
    infer: (question) => infer(question, io, phone, load),
  };
}

function whole(files: PhoneFiles, path: string): Uint8Array | undefined {
  try {
    const chunks = files.read(path);
    if (chunks.length === 1) return chunks[0];
    const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  } catch (fault) {
    if (fault instanceof FileFault) return undefined;
    throw fault;
  }
}

function write(files: PhoneFiles, path: string, data: Uint8Array): boolean {
  try {
    // qnn-net-run makes its output folders; nothing else asks for one that is missing.
    if (path.includes('/Result_')) files.makeDirectories(parentOf(path), 0o755);
    files.append(files.truncate(path), data);
    return true;
  } catch (fault) {
    if (fault instanceof FileFault) return false;
    throw fault;
  }
}

const CONTEXT = 512;

async function* infer(
  question: TinyQuestion,
  io: ProgramIo,
  phone: VirtualPhone,
  load: LoadEngine,
): AsyncGenerator<string, TinyFigures, void> {
  const blob = (path: string) => {
    const bytes = whole(io.files, path);
    if (!bytes) throw new CannotInfer(`${path}: no such file`);
    return new Blob([bytes as Uint8Array<ArrayBuffer>]);
  };
  const model = { language: blob(question.language), vision: blob(question.vision) };
  try {
    const engine = await load({ ...model, context: CONTEXT }, io.killed);
    try {
      const request = {
        ...({ cmd: 'generate', request: 1, image: '', prompt: question.prompt } as const),
        ...{ max_tokens: Math.max(1, question.maxTokens), temperature: question.temperature },
        ...{
          top_k: 40,
          top_p: 0.95,
          min_p: 0.05,
          repeat_penalty: 1,
          seed: question.seed,
          stop: [],
        },
      };
      const image = new Blob([question.image as Uint8Array<ArrayBuffer>]);
      phone.answerBegins();
      let prompt = { promptTokens: null as number | null, prefillMs: null as number | null };
      for await (const part of engine.answer(request, image, io.killed)) {
        if (part.kind === 'prompt') {
          const { prompt_tokens, prefill_ms } = part.figures;
          prompt = { promptTokens: prompt_tokens, prefillMs: prefill_ms };
        } else if (part.kind === 'token') {
          yield part.text;
          phone.tokenSaid();
        } else {
          const { tokens, decodeMs, finish } = part;
          return { ...prompt, tokens, decodeMs, stopped: finish === 'stop' };
        }
      }
      throw new CannotInfer('the engine stopped in the middle');
    } finally {
      engine.close();
    }
  } catch (fault) {
    if (fault instanceof EngineFault) throw new CannotInfer(fault.message);
    throw fault;
  }
}
