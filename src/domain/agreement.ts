/** How far two tables of embeddings, one row a token, agree. */
export interface Agreement {
  readonly rows: number;
  readonly width: number;
  /** Cosine of the angle between the two rows of the token that agrees least, and which token that is. */
  readonly minCosine: number;
  readonly minCosineRow: number;
  readonly meanCosine: number;
  /** The length of a row against the other's (1: the same), for the token where they differ most. A cosine cannot see it. */
  readonly worstLength: number;
  readonly maxAbsDifference: number;
  /** Rows with a value that is not finite, in the first table. */
  readonly badRows: number;
}

/**
 * What two honest engines differ by, and what they must not. Measured with Tiny VLM (docs/self-test.md): f32, f16 and q8_0
 * weights in llama.cpp, on x86-64 and arm64, stay above a cosine of 0.9997 and within 1 % of the length.
 */
export const AGREEMENT_LIMITS = { minCosine: 0.999, maxLengthDifference: 0.03 } as const;

/** Compares tables of equal size, row by row. A row without length (all zeros) agrees with nothing but another such row. */
export function compareRows(one: Float32Array, other: Float32Array, width: number): Agreement {
  if (one.length !== other.length || width < 1 || one.length % width !== 0)
    throw new Error(`tables of ${one.length} and ${other.length} values, rows of ${width}`);
  const rows = one.length / width;
  let [minCosine, minCosineRow, sum, worstLength, maxAbsDifference, badRows] = [2, 0, 0, 1, 0, 0];
  for (let row = 0; row < rows; row++) {
    const { cosine, length, difference } = compareRow(one, other, row * width, width);
    if (!Number.isFinite(difference)) badRows += 1;
    if (cosine < minCosine) [minCosine, minCosineRow] = [cosine, row];
    if (farFromOne(length) > farFromOne(worstLength)) worstLength = length;
    maxAbsDifference = Math.max(maxAbsDifference, difference);
    sum += cosine;
  }
  const meanCosine = rows ? sum / rows : 0;
  return {
    ...{ rows, width, minCosine: rows ? minCosine : 0, minCosineRow, meanCosine },
    ...{ worstLength, maxAbsDifference, badRows },
  };
}

/** The first figure that is outside the limits, in words; nothing when all agree. */
export function disagreement(seen: Agreement): string | undefined {
  const { minCosine, maxLengthDifference } = AGREEMENT_LIMITS;
  if (seen.rows === 0) return 'there are no tokens';
  if (seen.badRows > 0)
    return `${seen.badRows} of ${seen.rows} tokens hold values that are no numbers`;
  if (!(seen.minCosine > minCosine))
    return `token ${seen.minCosineRow} has cosine ${seen.minCosine.toFixed(6)}, it must be above ${minCosine}`;
  if (!(farFromOne(seen.worstLength) <= Math.log1p(maxLengthDifference)))
    return `a token is ${seen.worstLength.toFixed(4)} times as long as it should be, at most ${maxLengthDifference * 100} % off is allowed`;
  return undefined;
}

/** Twice as long and half as long are equally far. */
const farFromOne = (length: number) =>
  length > 0 && Number.isFinite(length) ? Math.abs(Math.log(length)) : Infinity;

function compareRow(one: Float32Array, other: Float32Array, from: number, width: number) {
  let [product, first, second, difference] = [0, 0, 0, 0];
  for (let i = from; i < from + width; i++) {
    const [a, b] = [one[i]!, other[i]!];
    product += a * b;
    first += a * a;
    second += b * b;
    difference = Math.max(difference, Math.abs(a - b)); // NaN stays NaN
  }
  if (first === 0 && second === 0) return { cosine: 1, length: 1, difference };
  const cosine = product / Math.sqrt(first * second);
  const known = Number.isFinite(difference) && Number.isFinite(cosine);
  return {
    cosine: known ? Math.min(1, cosine) : 0,
    length: known ? Math.sqrt(first / second) : 0,
    difference: known || first === 0 || second === 0 ? difference : NaN,
  };
}
