import * as v from 'valibot';
import {
  MAX_LINE_CHARS,
  RunnerRequestSchema,
  type GenerateRequest,
} from '../../domain/runner-protocol';

type Request = v.InferOutput<typeof RunnerRequestSchema>;
export type RequestLine =
  | { readonly is: 'request'; readonly request: Request }
  /** `id` is the request's number where one could be read. */
  | { readonly is: 'wrong'; readonly id: number | null; readonly message: string };

export type { GenerateRequest };

/** Cuts a runner's stdin into lines and checks each. Chunks may break anywhere. */
export class RequestLines {
  readonly #decoder = new TextDecoder();
  #text = '';
  #skipping = false;

  /** The lines that these bytes complete. */
  push(bytes: Uint8Array): readonly RequestLine[] {
    const parts = (this.#text + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#text = parts.pop() ?? '';
    const lines = parts.flatMap((line) => this.#line(line));
    if (this.#text.length > MAX_LINE_CHARS) {
      if (!this.#skipping) lines.push(TOO_LONG);
      this.#skipping = true;
      this.#text = '';
    }
    return lines;
  }

  #line(line: string): RequestLine[] {
    const skipped = this.#skipping;
    this.#skipping = false;
    if (skipped || line.trim() === '') return [];
    return [line.length > MAX_LINE_CHARS ? TOO_LONG : parseRequest(line)];
  }
}

const TOO_LONG: RequestLine = {
  is: 'wrong',
  id: null,
  message: `the request is longer than ${MAX_LINE_CHARS} characters`,
};

function parseRequest(line: string): RequestLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { is: 'wrong', id: null, message: 'the request is not valid JSON' };
  }
  const parsed = v.safeParse(RunnerRequestSchema, value);
  if (parsed.success) return { is: 'request', request: parsed.output };
  const issue = parsed.issues[0];
  const id = v.safeParse(v.object({ request: v.pipe(v.number(), v.integer()) }), value);
  return {
    is: 'wrong',
    id: id.success ? id.output.request : null,
    message: `${v.getDotPath(issue) ?? 'the request'}: ${issue.message}`,
  };
}
