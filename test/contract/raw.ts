import type { Adb } from '@yume-chan/adb';

/** A 32-bit little-endian number, one character per byte. */
export const word = (value: number): string =>
  String.fromCharCode(...[0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff));

/** Opens a service, sends it bytes and returns all it answers; one character per byte both ways. */
export async function ask(adb: Adb, service: string, request: string): Promise<string> {
  const socket = await adb.createSocket(service);
  const writer = socket.writable.getWriter();
  // The phone may close the stream before it has taken everything.
  for (const end of [writer.closed, writer.ready]) end.catch(() => undefined);
  if (request) await writer.write(Uint8Array.from(request, (char) => char.charCodeAt(0)));
  let answer = '';
  for (const reader = socket.readable.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return answer;
    answer += String.fromCharCode(...value);
  }
}
