import { GGUF_HEAD_BYTES, readGguf, type Gguf } from '../../domain/gguf';
import { fail, type Result } from '../../domain/result';

/** Brings the bytes from `from` to before `to`, fewer at the end of the file. */
export type ReadRange = (from: number, to: number) => Promise<Result<Uint8Array>>;

/** A vocabulary of 260 000 words stands before the tensors; its header has some 12 MB. More is read by steps, and never more than the last. */
const STEPS = [GGUF_HEAD_BYTES, 8 << 20, 24 << 20, 64 << 20];

/** Reads as much of a file as its header takes. Failures: model-invalid with the file's name, and those of reading. */
export async function readHead(
  read: ReadRange,
  fileBytes: number,
  name: string,
): Promise<Result<Gguf>> {
  let head = new Uint8Array();
  for (const step of STEPS) {
    const more = await read(head.byteLength, Math.min(step, fileBytes));
    if (!more.ok) return more;
    head = joined(head, more.value);
    const parsed = readGguf(head, fileBytes);
    if (!parsed.ok) return fail(parsed.failure.code, `${name}: ${parsed.failure.detail ?? ''}`);
    const { tensors, trouble } = parsed.value;
    if (tensors || trouble || head.byteLength >= fileBytes || step === STEPS.at(-1)) return parsed;
  }
  throw new Error('the last step returns');
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.byteLength + second.byteLength);
  both.set(first);
  both.set(second, first.byteLength);
  return both;
}
