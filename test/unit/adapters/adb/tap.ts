type Verdict = 'pass' | 'lose';

export interface Header {
  /** "OPEN", "WRTE"… */
  readonly command: string;
  readonly payloadBytes: number;
}

/**
 * Sits between the library and a `USBDevice`: counts packets, loses some, alters what comes in.
 * A lost packet counts as sent, as with a phone that hangs behind its USB controller.
 */
export class Tap {
  /** Decides about packets to the phone, and from it. */
  out: (header: Header) => Verdict = () => 'pass';
  in: (header: Header) => Verdict = () => 'pass';
  /** Alters payloads from the phone. */
  alter: (payload: Uint8Array) => Uint8Array = (payload) => payload;
  /** Commands of the packets that were sent, lost ones included. */
  readonly sent: string[] = [];
  resets = 0;
  /** Bytes from the phone, headers included. */
  received = 0;

  constructor(raw: USBDevice) {
    this.#tapOut(raw);
    this.#tapIn(raw);
    const reset = raw.reset.bind(raw);
    raw.reset = () => {
      this.resets += 1;
      return reset();
    };
  }

  #tapOut(raw: USBDevice): void {
    const send = raw.transferOut.bind(raw);
    let losing = 0;
    raw.transferOut = async (endpoint, data) => {
      const header = losing === 0 ? headerOf(data) : undefined;
      if (header) this.sent.push(header.command);
      const lost = losing > 0 || (header && this.out(header) === 'lose');
      if (!lost) return send(endpoint, data);
      losing = header ? header.payloadBytes : losing - data.byteLength;
      return { status: 'ok', bytesWritten: data.byteLength };
    };
  }

  #tapIn(raw: USBDevice): void {
    const receive = raw.transferIn.bind(raw);
    raw.transferIn = async (endpoint, length) => {
      for (;;) {
        const result = await receive(endpoint, length);
        this.received += result.data?.byteLength ?? 0;
        const header = result.data && headerOf(result.data as DataView<ArrayBuffer>);
        if (!header) return this.#altered(result);
        if (this.in(header) === 'pass') return result;
        if (header.payloadBytes > 0) await receive(endpoint, header.payloadBytes);
      }
    };
  }

  #altered(result: USBInTransferResult): USBInTransferResult {
    if (!result.data) return result;
    const bytes = Uint8Array.from(this.alter(new Uint8Array(result.data.buffer)));
    return { status: 'ok', data: new DataView(bytes.buffer) };
  }
}

const COMMANDS = ['CNXN', 'AUTH', 'OPEN', 'OKAY', 'WRTE', 'CLSE'];

/** A transfer of 24 bytes that begins with an ADB command is a header. */
function headerOf(data: BufferSource): Header | undefined {
  if (data.byteLength !== 24) return undefined;
  const [buffer, offset] = ArrayBuffer.isView(data) ? [data.buffer, data.byteOffset] : [data, 0];
  const command = new TextDecoder('latin1').decode(new Uint8Array(buffer, offset, 4));
  if (!COMMANDS.includes(command)) return undefined;
  return { command, payloadBytes: new DataView(buffer, offset, 24).getUint32(12, true) };
}
