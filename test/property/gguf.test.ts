import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGguf } from '../../src/domain/gguf';
import { checkPair } from '../../src/domain/model-check';
import { ggufFile, pairKeys, pairTensors } from '../fakes/gguf';

const payload = join(import.meta.dirname, '../../device-payload/tiny-vlm');
const heads = [
  ...['language.gguf', 'vision.gguf'].map((name) =>
    new Uint8Array(readFileSync(join(payload, name))).slice(0, 32_768),
  ),
  ggufFile(pairKeys.language, pairTensors.language, 256),
  ggufFile(pairKeys.vision, pairTensors.vision, 4096),
];
/** 10 000 keys cannot make the page hold more than this. */
const MOST_KEPT = 8 << 20;

/** Reads, checks what every answer must hold, and returns it. */
function read(head: Uint8Array, fileBytes: number) {
  const result = readGguf(head, fileBytes);
  if (!result.ok) {
    expect(result.failure.code).toBe('model-invalid');
    return undefined;
  }
  const { keys, tensors, trouble } = result.value;
  expect(JSON.stringify([...keys]).length).toBeLessThan(MOST_KEPT);
  if (tensors) {
    expect(Number.isFinite(tensors.fileBytes)).toBe(true);
    expect(trouble?.code === 'model-truncated').toBe(tensors.fileBytes > fileBytes);
  }
  return result.value;
}

test('any bytes behind a GGUF’s first four: no throw, a bounded answer', () => {
  const file = fc.uint8Array({ minLength: 20, maxLength: 4000 });
  fc.assert(
    fc.property(file, fc.nat(1e9), (bytes, more) => {
      const head = new Uint8Array([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...bytes]);
      // Mostly a plausible number of tensors and keys, so that what follows is read at all.
      if (more % 4)
        head.set([1 + (more % 7), 0, 0, 0, 0, 0, 0, 0, more % 40, 0, 0, 0, 0, 0, 0, 0], 8);
      read(head, head.byteLength + more);
    }),
    { numRuns: 3000 },
  );
});

test('real heads with changed bytes: no throw, and a pair is judged or refused', () => {
  const change = fc.tuple(fc.nat(8000), fc.oneof(fc.nat(255), fc.constant(255)));
  const mutated = fc
    .tuple(fc.constantFrom(...heads), fc.array(change, { maxLength: 20 }), fc.nat(40_000))
    .map(([head, changes, length]) => {
      const copy = head.slice(0, Math.max(100, length));
      for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
      return copy;
    });
  const sizes = fc.constantFrom(100, 5000, 1e6, 5e9);
  fc.assert(
    fc.property(mutated, mutated, sizes, (first, second, bytes) => {
      const language = read(first, Math.max(first.length, bytes));
      const vision = read(second, Math.max(second.length, bytes));
      if (!language || !vision) return;
      const facts = checkPair(language, vision, { language: 'a', vision: 'b' });
      if (facts.ok) {
        expect(facts.value.memory.totalBytes).toBeGreaterThan(0);
        expect(Number.isFinite(facts.value.memory.totalBytes)).toBe(true);
      }
    }),
    { numRuns: 1500, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
  );
});
