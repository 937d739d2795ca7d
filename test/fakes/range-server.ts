import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server does wrong with one request. */
export type Fault =
  | 'none'
  /** Sends half of what was asked for, or `cutBytes`, then drops the line. */
  | 'cut'
  /** Answers 200 with the whole file to a Range request. */
  | 'no-range'
  /** Answers 206 from another byte than asked. */
  | 'wrong-range'
  | 'hang'
  | 'refuse'
  | 'login'
  | 'overloaded'
  /** Says nothing of Content-Range and ETag to another origin, as a server without Access-Control-Expose-Headers does. */
  | 'silent'
  /** Ends early as if that were all, without a Content-Length. */
  | 'short'
  /** Sends some bytes more than the file has. */
  | 'long';

export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
}

/** A local server of files with ranges, CORS and faults, one per request in the order given, then none. */
export class RangeServer {
  readonly files = new Map<string, Uint8Array>();
  /** Lengths of files of zeros that are made as they are sent, as fast as they are taken. */
  readonly generated = new Map<string, number>();
  readonly asked: Asked[] = [];
  faults: Fault[] = [];
  cutBytes = 1000;
  etag = '"one"';
  /** Bytes that left this server's hands. */
  sentBytes = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const range = request.headers.range;
    this.asked.push({ path, range });
    const fault = this.faults.shift() ?? 'none';
    response.setHeader('access-control-allow-origin', '*');
    if (fault === 'hang') return void response.writeHead(200).write('x');
    if (fault === 'refuse') return void response.writeHead(403).end();
    if (fault === 'overloaded') return void response.writeHead(503).end();
    if (fault === 'login')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<form>');
    const length = this.generated.get(path);
    if (length !== undefined) return void this.#generate(length, range, fault, response);
    const file = this.files.get(path);
    if (!file) return void response.writeHead(404).end();
    this.#send(file, range, fault, response);
  }

  #send(file: Uint8Array, range: string | undefined, fault: Fault, response: ServerResponse): void {
    const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
    const ranged = asked && fault !== 'no-range';
    const from = ranged ? Number(asked[1]) + (fault === 'wrong-range' ? 1 : 0) : 0;
    if (fault !== 'silent') {
      response.setHeader('etag', this.etag);
      response.setHeader('access-control-expose-headers', 'etag, content-range');
    }
    if (ranged && from >= file.byteLength) {
      response.setHeader('content-range', `bytes */${file.byteLength}`);
      return void response.writeHead(416).end();
    }
    const last =
      ranged && asked[2] ? Math.min(Number(asked[2]), file.byteLength - 1) : file.byteLength - 1;
    const body = file.subarray(from, last + 1);
    if (ranged && fault !== 'silent')
      response.setHeader('content-range', `bytes ${from}-${last}/${file.byteLength}`);
    const open = fault === 'short' || fault === 'long';
    if (!open) response.setHeader('content-length', body.byteLength);
    response.writeHead(ranged ? 206 : 200, { 'content-type': 'application/octet-stream' });
    const cut =
      fault === 'cut' || fault === 'short'
        ? Math.min(this.cutBytes, body.byteLength >> 1)
        : undefined;
    const part = body.subarray(0, cut);
    this.sentBytes += part.byteLength;
    if (fault === 'cut') return void response.write(part, () => hangUp(response));
    if (fault === 'long') response.write(part);
    response.end(fault === 'long' ? 'more' : part);
  }

  async #generate(
    length: number,
    range: string | undefined,
    fault: Fault,
    response: ServerResponse,
  ) {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const end = fault === 'cut' ? this.cutBytes : length;
    response.setHeader('content-length', length - from);
    if (range) response.setHeader('content-range', `bytes ${from}-${length - 1}/${length}`);
    response.writeHead(range ? 206 : 200, { 'content-type': 'application/octet-stream' });
    const zeros = new Uint8Array(1 << 20);
    for (let at = from; at < end && !response.destroyed; at += zeros.length) {
      const more = response.write(zeros.subarray(0, end - at));
      this.sentBytes += Math.min(zeros.length, end - at);
      if (!more) await drained(response);
    }
    if (fault === 'cut') hangUp(response);
    else response.end();
  }
}

/** Ends the line after what was sent, so that all of it arrives; a reset may throw away what is on its way. */
const hangUp = (response: ServerResponse): void => void response.socket?.end();

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
