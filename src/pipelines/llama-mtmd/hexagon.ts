import type { Part, Processor } from '../../domain/accelerator';
import type { ParsedEvent } from '../../domain/run';

/** Both orders: the program's own and the one of its documentation. */
const SESSION = /ggml-hex: (?:HTP\d+ new session : |new session: HTP\d+)/;
const NO_SESSION = /ggml-hex: (?:HTP\d+ )?failed to open session/;
/** A session opens when the backend registers, used or not: only weights that lie there prove its use. */
const WEIGHTS = /^load_tensors: +(\S+) model buffer size = +([\d.]+) MiB/;
const VISION = /^clip_ctx: CLIP using (\S+) backend/;

/**
 * Where the parts run, by llama.cpp's own lines (with -lv 4). What speaks for the NPU outweighs the buffers that stay on
 * the CPU in every run; a session that failed outweighs all. Source: ggml-org/llama.cpp ggml/src/ggml-hexagon,
 * src/llama-model.cpp, tools/mtmd/clip.cpp.
 */
export function hexagonProof() {
  let session = false;
  let refused = false;
  const told = new Map<Part, Processor>();

  function* tell(part: Part, on: Processor, line: string): Generator<ParsedEvent, void, void> {
    if (told.get(part) === on || (on === 'cpu' && told.has(part) && !refused)) return;
    told.set(part, on);
    yield { kind: 'ran', part, on, line };
  }

  return function* (message: string): Generator<ParsedEvent, void, void> {
    session ||= SESSION.test(message);
    if (NO_SESSION.test(message)) {
      refused = true;
      // It may end here. Whether the CPU did the work, its own lines say; what was said for the NPU is no longer true.
      for (const [part, on] of [...told]) if (on === 'npu') yield* tell(part, 'cpu', message);
      return;
    }
    const [weights, where = '', mib] = WEIGHTS.exec(message) ?? [];
    if (weights && Number(mib) > 0) yield* placed('language', where, message);
    const vision = VISION.exec(message)?.[1];
    if (vision) yield* placed('vision', vision, message);
  };

  function* placed(part: Part, where: string, line: string): Generator<ParsedEvent, void, void> {
    if (/^HTP\d/.test(where)) {
      if (session && !refused) yield* tell(part, 'npu', line);
    } else if (/^CPU/.test(where)) yield* tell(part, 'cpu', line);
  }
}
