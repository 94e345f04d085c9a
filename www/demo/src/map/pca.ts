/**
 * A projection of many vectors onto their two directions of greatest variance (principal component
 * analysis), by orthogonal iteration: two directions are multiplied with the covariance and made
 * orthonormal again until they stay. The covariance itself is never made; the work is done in
 * short stretches, so that a page stays responsive.
 */

/** Milliseconds of work between two breaths. */
const STRETCH = 8;

/** Most multiplications with the covariance; it has settled long before for real photos. */
const ROUNDS = 40;

/** The directions have settled when they turn by less than this (1 − |cosine|) in a round. */
const SETTLED = 1e-6;

export interface ProjectOptions {
  signal?: AbortSignal;
  /** Lets others work; a test may do without. */
  breathe?: () => Promise<void>;
}

/**
 * Two coordinates for each of the `values.length / dimensions` vectors, one pair after another: centred, in the
 * units of the vectors.
 */
export async function project(
  values: Float32Array,
  dimensions: number,
  options: ProjectOptions = {},
): Promise<Float32Array> {
  const n = dimensions > 0 ? Math.floor(values.length / dimensions) : 0;
  const result = new Float32Array(2 * n);
  if (n < 2) return result;
  const pace = new Pace(options);

  const mean = new Float64Array(dimensions);
  await pace.rows(n, (row) => {
    for (let i = 0; i < dimensions; i++) mean[i]! += values[row * dimensions + i]! / n;
  });

  let [first, second] = start(dimensions);
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [new Float64Array(dimensions), new Float64Array(dimensions)];
    await pace.rows(n, (row) => {
      const [along, across] = coordinates(values, row, mean, first, second);
      for (let i = 0; i < dimensions; i++) {
        const x = values[row * dimensions + i]! - mean[i]!;
        a[i]! += along * x;
        b[i]! += across * x;
      }
    });
    // Without any variance in a direction, the old one is as good as any.
    const next = orthonormal(a, b, first, second);
    const turned = Math.max(1 - Math.abs(dot(first, next[0])), 1 - Math.abs(dot(second, next[1])));
    [first, second] = next;
    if (turned < SETTLED) break;
  }

  await pace.rows(n, (row) => {
    const [along, across] = coordinates(values, row, mean, first, second);
    result[2 * row] = along;
    result[2 * row + 1] = across;
  });
  return result;
}

/** Two fixed orthonormal directions that are hardly orthogonal to anything real. */
function start(dimensions: number): [Float64Array, Float64Array] {
  const a = Float64Array.from({ length: dimensions }, (_, i) => Math.sin(1 + 2.3 * i));
  const b = Float64Array.from({ length: dimensions }, (_, i) => Math.cos(2 + 3.7 * i));
  return orthonormal(a, b, a, b);
}

function coordinates(
  values: Float32Array,
  row: number,
  mean: Float64Array,
  first: Float64Array,
  second: Float64Array,
): [along: number, across: number] {
  const offset = row * mean.length;
  let [along, across] = [0, 0];
  for (let i = 0; i < mean.length; i++) {
    const x = values[offset + i]! - mean[i]!;
    along += x * first[i]!;
    across += x * second[i]!;
  }
  return [along, across];
}

/** Both made unit vectors, the second one orthogonal to the first. */
function orthonormal(
  a: Float64Array,
  b: Float64Array,
  elseA: Float64Array,
  elseB: Float64Array,
): [Float64Array, Float64Array] {
  const first = unit(a) ?? elseA;
  const along = dot(first, b);
  const second = unit(b.map((x, i) => x - along * first[i]!)) ?? elseB;
  return [first, second];
}

function unit(x: Float64Array): Float64Array | undefined {
  const length = Math.sqrt(dot(x, x));
  return length > 1e-12 ? x.map((value) => value / length) : undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Goes through rows and pauses in time. */
class Pace {
  private since = performance.now();

  constructor(private readonly options: ProjectOptions) {}

  async rows(n: number, work: (row: number) => void): Promise<void> {
    const { signal, breathe = nextTask } = this.options;
    for (let row = 0; row < n; row++) {
      work(row);
      if (row % 32 !== 31 || performance.now() - this.since < STRETCH) continue;
      await breathe();
      signal?.throwIfAborted();
      this.since = performance.now();
    }
  }
}

/** Lets the browser do what waits. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
