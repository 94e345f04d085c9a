/** Draws a map: pictures where there is room for them, and dots where there is not. */

import { type Point, toPixels, type View } from "./points";

export interface Scene {
  points: readonly Point[];
  view: View;
  /** In CSS pixels. */
  width: number;
  height: number;
  selected: Point | undefined;
  /** What a search has found, if there is one; all else is drawn faintly. */
  found: ReadonlySet<string> | undefined;
  picture(id: string): ImageBitmap | undefined;
}

/** A picture that was drawn, for finding what was clicked. */
export interface Placed {
  point: Point;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Pixels between two pictures. */
const AIR = 4;

/** Up to so many photos are shown larger. */
const FEW = 40;

/** Pixels of a picture's longer side. */
function sizeOf({ width, points }: Scene): number {
  if (points.length <= FEW) return Math.min(96, Math.max(56, width / 9));
  return width < 600 ? 44 : 60;
}

/** Draws, and tells where the pictures are, the topmost last. */
export function draw(canvas: HTMLCanvasElement, scene: Scene): Placed[] {
  const context = canvas.getContext("2d");
  if (!context) return [];
  const { points, view, width, height, selected, found } = scene;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const ratio = devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);

  const size = sizeOf(scene);
  // Few photos may overlap, so that all of them are pictures.
  const taken = new Taken(points.length <= FEW ? size * 0.5 : size + AIR);
  const placed: Placed[] = [];
  const dots: [x: number, y: number, wanted: boolean][] = [];
  const first = [
    ...(selected ? [selected] : []),
    ...(found ? points.filter(({ id }) => found.has(id)) : []),
  ];
  const seen = new Set(first);
  for (const point of [...first, ...points.filter((point) => !seen.has(point))]) {
    const [x, y] = toPixels(view, point);
    if (x < -size || y < -size || x > width + size || y > height + size) continue;
    const wanted = !found || found.has(point.id);
    if (!taken.take(x, y)) dots.push([x, y, wanted]);
    else placed.push({ point, left: x, top: y, width: 0, height: 0 });
  }

  const accent = colour("--accent");
  const quiet = colour("--quiet");
  for (const [x, y, wanted] of dots) {
    context.globalAlpha = wanted ? 0.75 : 0.25;
    context.fillStyle = wanted ? accent : quiet;
    context.beginPath();
    context.arc(x, y, 2.5, 0, 2 * Math.PI);
    context.fill();
  }
  for (const one of placed.reverse()) {
    const { id } = one.point;
    const picture = scene.picture(id);
    const by = picture ? size / Math.max(picture.width, picture.height) : 0;
    one.width = picture ? picture.width * by : 12;
    one.height = picture ? picture.height * by : 12;
    one.left -= one.width / 2;
    one.top -= one.height / 2;
    context.globalAlpha = !found || found.has(id) || one.point === selected ? 1 : 0.3;
    context.save();
    context.beginPath();
    context.roundRect(one.left, one.top, one.width, one.height, 6);
    context.clip();
    context.fillStyle = colour("--line");
    context.fillRect(one.left, one.top, one.width, one.height);
    if (picture) context.drawImage(picture, one.left, one.top, one.width, one.height);
    context.restore();
    if (one.point === selected) {
      context.globalAlpha = 1;
      context.lineWidth = 3;
      context.strokeStyle = accent;
      context.beginPath();
      context.roundRect(one.left - 3, one.top - 3, one.width + 6, one.height + 6, 8);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
  return placed;
}

/** Which places have a picture already. */
class Taken {
  private readonly cells = new Map<string, [x: number, y: number][]>();

  constructor(private readonly size: number) {}

  /** Takes the place if there is room around it. */
  take(x: number, y: number): boolean {
    const { size } = this;
    const [column, row] = [Math.floor(x / size), Math.floor(y / size)];
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        const near = this.cells.get(`${column + i},${row + j}`) ?? [];
        if (near.some(([a, b]) => Math.abs(a - x) < size && Math.abs(b - y) < size)) return false;
      }
    }
    const key = `${column},${row}`;
    const here = this.cells.get(key);
    if (here) here.push([x, y]);
    else this.cells.set(key, [[x, y]]);
    return true;
  }
}
