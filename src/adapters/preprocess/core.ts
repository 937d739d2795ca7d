import { fail, ok, type Result } from '../../domain/result';

/** The WASM core. Its exports are described in wasm/README.md; addresses are byte offsets into `memory`. */
export interface Core {
  readonly kind: 'simd' | 'scalar';
  readonly memory: WebAssembly.Memory;
  readonly exports: CoreExports;
}

export interface CoreExports {
  heapBase(): number;
  pack(axis: number): void;
  resize(
    source: number,
    across: number,
    down: number,
    work: number,
    out: number,
    outStride: number,
    sink: number,
  ): void;
  copyRows(
    source: number,
    x0: number,
    y0: number,
    width: number,
    y1: number,
    work: number,
    out: number,
    outStride: number,
    sink: number,
  ): void;
  resizeFloat(
    source: number,
    across: number,
    down: number,
    work: number,
    out: number,
    outStride: number,
  ): void;
  unfilter(lines: number, rowBytes: number, rows: number, step: number): boolean;
  expand(
    line: number,
    width: number,
    colourType: number,
    depth: number,
    palette: number,
    clear: number,
    out: number,
    step: number,
  ): void;
  swapRedBlue(pixels: number, count: number): void;
  flatten(pixels: number, count: number): void;
  orient(pixels: number, width: number, height: number, out: number, orientation: number): void;
}

/** The most memory that one picture may take, in bytes. The module itself is limited to the same. */
export const MAX_MEMORY = 1 << 30;
const PAGE = 1 << 16;

/** Starts a built module: wasm/pkg/core.wasm or its scalar twin. */
export async function startCore(bytes: BufferSource | Response, kind: Core['kind']): Promise<Core> {
  const imports = {
    env: {
      abort: () => {
        throw new Error('the WASM core aborted');
      },
    },
  };
  const { instance } =
    bytes instanceof Response
      ? await WebAssembly.instantiateStreaming(bytes, imports)
      : await WebAssembly.instantiate(bytes, imports);
  const { memory, ...exports } = instance.exports;
  return {
    kind,
    memory: memory as WebAssembly.Memory,
    exports: exports as unknown as CoreExports,
  };
}

/** Makes `bytes` of memory usable. Views made before are dead afterwards. */
export function reserve({ memory }: Core, bytes: number): Result<void> {
  if (bytes > MAX_MEMORY)
    return fail(
      'image-too-large',
      `needs ${Math.ceil(bytes / 1e6)} MB, at most ${Math.floor(MAX_MEMORY / 1e6)} MB`,
    );
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  try {
    if (missing > 0) memory.grow(missing);
    return ok();
  } catch {
    return fail('image-too-large', `the browser has no ${Math.ceil(bytes / 1e6)} MB for it`);
  }
}

/** (module (func (result v128) i32.const 0 i8x16.splat)): valid only where SIMD is. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15,
  11,
]);

/** True where WASM SIMD works. */
export function hasSimd(): boolean {
  return WebAssembly.validate(SIMD_PROBE);
}
