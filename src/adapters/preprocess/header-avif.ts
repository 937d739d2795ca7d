import { fail, ok, type Result } from '../../domain/result';
import { UPRIGHT } from './exif';
import type { Bytes, Header } from './header';

/** Largest `ispe` in meta/iprp/ipco. Rotation (`irot`, `imir`) is left to the browser. ISO/IEC 23008-12 section 6.5.3. */
export function avifHeader(bytes: Bytes): Result<Header> {
  const meta = findBox(bytes, 0, bytes.length, 'meta');
  const iprp = meta && findBox(bytes, meta.at + 4, meta.end, 'iprp');
  const ipco = iprp && findBox(bytes, iprp.at, iprp.end, 'ipco');
  if (!ipco) return fail('image-damaged', 'the AVIF has no picture properties');
  let width = 0;
  let height = 0;
  let alpha = false;
  for (const box of boxes(bytes, ipco.at, ipco.end)) {
    if (box.type === 'ispe' && bytes.u32(box.at + 4) * bytes.u32(box.at + 8) > width * height) {
      width = bytes.u32(box.at + 4);
      height = bytes.u32(box.at + 8);
    }
    if (box.type === 'auxC') alpha = true;
  }
  return ok({ type: 'image/avif', width, height, exif: UPRIGHT, alpha });
}

interface Box {
  readonly type: string;
  /** Start and end of the content. */
  readonly at: number;
  readonly end: number;
}

function findBox(bytes: Bytes, from: number, to: number, type: string): Box | undefined {
  for (const box of boxes(bytes, from, to)) if (box.type === type) return box;
  return undefined;
}

function* boxes(bytes: Bytes, from: number, to: number): Generator<Box> {
  for (let at = from; at + 8 <= to;) {
    const size = bytes.u32(at);
    const end = size === 0 ? to : Math.min(at + size, to);
    if (size !== 0 && size < 8) return;
    yield { type: bytes.text(at + 4, 4), at: at + 8, end };
    at = end;
  }
}
