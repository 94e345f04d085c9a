/** Where the photos of a map are, and which one is where one points: arithmetic without a canvas. */

export interface Point {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

/** How the map's coordinates become pixels. */
export interface View {
  scale: number;
  left: number;
  top: number;
}

/** Share of the points that has to fit; a few far ones would make all others a speck. */
const MOST = 0.98;

/** How far beyond the others the farthest points are. */
const EDGE = 0.15;

/**
 * Scales coordinates so that nearly all are within ±1, or ±`aspect` along the longer side of the map; the far ones are
 * drawn near.
 *
 * @param aspect the map's width by its height
 */
export function normalise(
  ids: readonly string[],
  coordinates: Float32Array,
  aspect: number,
): Point[] {
  const [sx, sy] = [0, 1].map((axis) => {
    const sizes = Float32Array.from(ids, (_, i) => Math.abs(coordinates[2 * i + axis] ?? 0)).sort();
    return sizes[Math.floor((sizes.length - 1) * MOST)] || 1;
  }) as [number, number];
  const place = (value: number, scale: number) => {
    const size = Math.abs(value / scale);
    // What is far off comes nearer, and stays in its order.
    return Math.sign(value) * (size <= 1 ? size : 1 + EDGE * (1 - Math.exp(1 - size)));
  };
  return ids.map((id, i) => ({
    id,
    x: place(coordinates[2 * i] ?? 0, sx) * Math.max(1, aspect),
    y: place(coordinates[2 * i + 1] ?? 0, sy) * Math.max(1, 1 / aspect),
  }));
}

/** The view in which everything is seen. */
export function fit(width: number, height: number, margin: number): View {
  const scale = Math.max(1, Math.min(width, height) / 2 - margin);
  return { scale, left: width / 2, top: height / 2 };
}

/** A view that is larger by a factor, with one pixel held where it is. */
export function zoom(view: View, factor: number, x: number, y: number, least: number): View {
  const scale = Math.max(least, Math.min(least * 400, view.scale * factor));
  const by = scale / view.scale;
  return { scale, left: x - (x - view.left) * by, top: y - (y - view.top) * by };
}

export function toPixels({ scale, left, top }: View, { x, y }: Point): [x: number, y: number] {
  return [left + x * scale, top + y * scale];
}

/** The point nearest to a place of the map; undefined if all are farther than `within`. */
export function nearest(
  points: readonly Point[],
  x: number,
  y: number,
  within = Infinity,
): Point | undefined {
  let best: Point | undefined;
  let least = within * within;
  for (const point of points) {
    const away = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (away <= least) [best, least] = [point, away];
  }
  return best;
}

/** The next point in a direction: near, and not far off to the side. */
export function inDirection(
  points: readonly Point[],
  from: Point,
  dx: number,
  dy: number,
): Point | undefined {
  let best: Point | undefined;
  let least = Infinity;
  for (const point of points) {
    const ahead = (point.x - from.x) * dx + (point.y - from.y) * dy;
    const aside = Math.abs((point.x - from.x) * dy - (point.y - from.y) * dx);
    if (ahead <= 0 || aside > 2 * ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < least) [best, least] = [point, cost];
  }
  return best;
}

/** The points around one, nearest first. */
export function around(points: readonly Point[], from: Point, count: number): Point[] {
  return points
    .filter((point) => point !== from)
    .map((point) => ({ point, away: (point.x - from.x) ** 2 + (point.y - from.y) ** 2 }))
    .sort((a, b) => a.away - b.away)
    .slice(0, count)
    .map(({ point }) => point);
}
