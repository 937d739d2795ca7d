import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../../src/adapters/preprocess/arena';
import { chromaScratch, type Picture } from '../../src/adapters/preprocess/blocks';
import { reserve, type Core } from '../../src/adapters/preprocess/core';
import { layOut, layOutRgbx } from '../../src/adapters/preprocess/execute';
import type { Norm, Output, Step, Work } from '../../src/families/family';
import { bothCores, carryOut } from '../golden/preprocess/cores';

const [simd, scalar] = (await bothCores()) as [Core, Core];

const side = fc.integer({ min: 1, max: 70 });
const filter = fc.constantFrom('bilinear' as const, 'bicubic' as const, 'lanczos' as const);
const backend = fc.constantFrom('pil' as const, 'tv' as const, 'f32' as const);
const colour = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));

/** Noise with a seed: generating every byte on its own would take most of the time. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = seed | 1; i < length; i++) {
    state = Math.imul(state, 1_103_515_245) + 12_345;
    // a quarter of the samples are extreme, so that sums reach their limits
    const v = (state >>> 16) & 1023;
    bytes[i] = v < 768 ? v & 255 : v & 1 ? 255 : 0;
  }
  return bytes;
}

const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]) =>
  a.length === b.length &&
  a.every((bytes, i) => Buffer.from(bytes).equals(b[i] ?? new Uint8Array()));

/** A part of 0..size-1: where it begins and how long it is. */
const part = (size: number) =>
  fc
    .tuple(fc.nat(size - 1), fc.nat(size - 1))
    .map(([a, b]) => ({ from: Math.min(a, b), size: Math.abs(a - b) + 1 }));

/** A resize with any crop, border, window and canvas that makes sense. */
const anyStep = (width: number, height: number): fc.Arbitrary<Step> =>
  fc
    .record({
      filter,
      backend,
      to: fc.tuple(side, side),
      pad: fc.tuple(fc.nat(20), fc.nat(20)),
      colour,
    })
    .chain((s) =>
      fc
        .tuple(part(width), part(height), part(s.to[0]), part(s.to[1]), fc.boolean(), fc.boolean())
        .map(([cx, cy, wx, wy, bordered, laid]): Step => {
          const whole = { x: 0, y: 0, width, height };
          const [x, y] = s.pad;
          const border = { width: width + 2 * x, height: height + y + 3, x, y, colour: s.colour };
          const crop = { x: cx.from, y: cy.from, width: cx.size, height: cy.size };
          const canvas = { width: wx.size + x, height: wy.size + y, x, y, colour: s.colour };
          return {
            from: 0,
            ...(bordered ? { crop: whole, border } : { crop }),
            ...{ width: s.to[0], height: s.to[1], filter: s.filter, backend: s.backend },
            window: { x: wx.from, y: wy.from, width: wx.size, height: wy.size },
            ...(laid && { canvas }),
          };
        }),
    );

const norm: Norm = {
  order: 'A',
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** Every layout of the picture that the step makes. */
function outputsOf(step: Step): Output[] {
  const { width, height } = step.canvas ?? step.window ?? step;
  const frames = [{ picture: 1, columns: 1, rows: 1 }];
  const shape = [3, height, width];
  return [
    { name: 'hwc', layout: 'hwc', picture: 1, shape: [height, width, 3] },
    { name: 'chw', layout: 'chw', picture: 1, shape },
    { name: 'A', layout: 'frames', frames, norm, shape },
    { name: 'B', layout: 'frames', frames, norm: { ...norm, order: 'B' }, shape },
    { name: 'C', layout: 'frames', frames, norm: { ...norm, order: 'C' }, shape },
  ];
}

const anyWork = fc.tuple(side, side).chain(([width, height]) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    seed: fc.integer(),
    step: anyStep(width, height),
  }),
);

test('SIMD and scalar give the same bytes for any resize and every layout', () => {
  fc.assert(
    fc.property(anyWork, ({ width, height, seed, step }) => {
      const rgb = noise(width * height * 3, seed);
      const work = { steps: [step], outputs: outputsOf(step) };
      const [a = [], b = []] = [simd, scalar].map((core) =>
        carryOut(core, rgb, width, height, work),
      );
      expect(same(a, b)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('tiles and patches of the twins are the same', () => {
  const grid = fc.record({
    columns: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 3 }),
    tile: fc.integer({ min: 1, max: 19 }),
  });
  const cut = fc.record({
    patch: fc.integer({ min: 1, max: 17 }),
    merge: fc.integer({ min: 1, max: 3 }),
    temporal: fc.integer({ min: 1, max: 3 }),
    across: fc.integer({ min: 1, max: 3 }),
    down: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(side, side, fc.integer(), grid, cut, (width, height, seed, g, p) => {
      const rgb = noise(width * height * 3, seed);
      const crop = { x: 0, y: 0, width, height };
      const step = (w: number, h: number): Step => ({
        ...{ from: 0, crop, width: w, height: h },
        ...{ filter: 'bicubic', backend: 'pil' },
      });
      const [gh, gw] = [p.down * p.merge, p.across * p.merge];
      const frames = [{ picture: 1, columns: g.columns, rows: g.rows }];
      const tiles = [g.columns * g.rows, 3, g.tile, g.tile];
      const rows = [gh * gw, 3 * p.temporal * p.patch * p.patch];
      const work = {
        steps: [step(g.columns * g.tile, g.rows * g.tile), step(gw * p.patch, gh * p.patch)],
        outputs: [
          { name: 'tiles', layout: 'frames', frames, norm, shape: tiles },
          { name: 'patches', layout: 'patches', picture: 2, ...p, norm, shape: rows },
        ] satisfies Output[],
      };
      const [a = [], b = []] = [simd, scalar].map((core) =>
        carryOut(core, rgb, width, height, work),
      );
      expect(same(a, b)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

/** Planes of a picture in memory, converted to RGBX, and resized straight from the planes. */
function fromPlanes(
  core: Core,
  kind: 'ycc444' | 'ycc422' | 'ycc420',
  width: number,
  height: number,
  bytes: Uint8Array,
) {
  const cw = kind === 'ycc444' ? width : (width + 1) >> 1;
  const ch = kind === 'ycc420' ? (height + 1) >> 1 : height;
  const arena = new Arena(core.exports.heapBase());
  const [y, cb, cr] = [arena.alloc(width * height), arena.alloc(cw * ch), arena.alloc(cw * ch)];
  const chroma = {
    cb,
    cr,
    stride: cw,
    width: cw,
    height: ch,
    rows: arena.alloc(chromaScratch(cw)),
  };
  const picture: Picture = { kind, width, height, pixels: y, stride: width, chroma };
  const flat = layOutRgbx(core, arena, picture);
  const step: Step = {
    from: 0,
    crop: { x: 0, y: 0, width, height },
    width: 9,
    height: 7,
    filter: 'bicubic',
    backend: 'pil',
  };
  const output: Output = { name: 'rgb', layout: 'hwc', picture: 1, shape: [7, 9, 3] };
  const work = { steps: [step], outputs: [output] } as unknown as Work;
  const direct = layOut(core, arena, work, picture);
  const staged = layOut(core, arena, work, flat.picture);
  expect(reserve(core, arena.bytes).ok).toBe(true);
  const memory = new Uint8Array(core.memory.buffer);
  memory.fill(0xa5, core.exports.heapBase(), arena.bytes);
  memory.set(bytes.subarray(0, width * height), y);
  memory.set(bytes.subarray(width * height, width * height + cw * ch), cb);
  memory.set(bytes.subarray(width * height + cw * ch, width * height + 2 * cw * ch), cr);
  flat.run();
  direct.run();
  staged.run();
  const copy = (at: number, n: number) => new Uint8Array(core.memory.buffer, at, n).slice();
  const [a = [], b = []] = [direct, staged].map(({ finished: [f] }) =>
    copy(f?.address ?? 0, 9 * 7 * 3),
  );
  return { rgbx: copy(flat.picture.pixels, width * height * 4), direct: a, staged: b };
}

test('planes become the same RGB in both twins, resized directly or in two steps', () => {
  const kind = fc.constantFrom('ycc444' as const, 'ycc422' as const, 'ycc420' as const);
  fc.assert(
    fc.property(kind, side, side, fc.integer(), (k, width, height, seed) => {
      const bytes = noise(3 * (width + 1) * (height + 1), seed);
      const [a, b] = [simd, scalar].map((core) => fromPlanes(core, k, width, height, bytes));
      expect(a).toEqual(b);
      expect(a?.direct).toEqual(a?.staged);
    }),
    { numRuns: 100 },
  );
});
