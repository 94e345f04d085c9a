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
  const taken = new Taken(points.length <= FEW ? size * 0.1 : size + AIR);
  const placed: Placed[] = [];
  const dots: number[] = [];
  const faint: number[] = [];
  for (const point of inOrder(scene)) {
    const [x, y] = toPixels(view, point);
    if (x < -size || y < -size || x > width + size || y > height + size) continue;
    if (taken.take(x, y)) {
      placed.push({ point, left: x, top: y, width: 0, height: 0 });
    } else {
      (!found || found.has(point.id) ? dots : faint).push(x, y);
    }
  }

  const [accent, quiet, line] = [colour("--accent"), colour("--quiet"), colour("--line")];
  drawDots(context, faint, quiet, 0.25);
  drawDots(context, dots, accent, 0.75);
  for (const one of placed.reverse()) {
    const { id } = one.point;
    const picture = scene.picture(id);
    const by = picture ? size / Math.max(picture.width, picture.height) : 0;
    one.width = picture ? picture.width * by : 12;
    one.height = picture ? picture.height * by : 12;
    one.left -= one.width / 2;
    one.top -= one.height / 2;
    context.globalAlpha = !found || found.has(id) || one.point === selected ? 1 : 0.3;
    drawPicture(context, one, picture, line);
    if (one.point !== selected) continue;
    context.globalAlpha = 1;
    context.lineWidth = 3;
    context.strokeStyle = accent;
    context.beginPath();
    context.roundRect(one.left - 3, one.top - 3, one.width + 6, one.height + 6, 8);
    context.stroke();
  }
  context.globalAlpha = 1;
  return placed;
}

/** Who comes first gets a picture: the selected one, then what was found, then all others. */
function* inOrder({ points, selected, found }: Scene): Generator<Point> {
  if (selected) yield selected;
  if (found) for (const point of points) if (found.has(point.id) && point !== selected) yield point;
  for (const point of points) if (!found?.has(point.id) && point !== selected) yield point;
}

/** Squares: thousands of them are far quicker than circles. */
function drawDots(
  context: CanvasRenderingContext2D,
  places: readonly number[],
  colour: string,
  alpha: number,
): void {
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  for (let i = 0; i < places.length; i += 2)
    context.fillRect(places[i]! - 2, places[i + 1]! - 2, 4, 4);
}

function drawPicture(
  context: CanvasRenderingContext2D,
  { left, top, width, height }: Placed,
  picture: ImageBitmap | undefined,
  line: string,
): void {
  context.save();
  context.beginPath();
  context.roundRect(left, top, width, height, 6);
  context.clip();
  context.fillStyle = line;
  context.fillRect(left, top, width, height);
  if (picture) context.drawImage(picture, left, top, width, height);
  context.restore();
}

/** Which places have a picture already. */
class Taken {
  private readonly cells = new Map<number, [x: number, y: number][]>();

  constructor(private readonly size: number) {}

  /** Takes the place if there is room around it. */
  take(x: number, y: number): boolean {
    const { size, cells } = this;
    const [column, row] = [Math.floor(x / size), Math.floor(y / size)];
    const keyOf = (column: number, row: number) => column * 65536 + row;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        const near = cells.get(keyOf(column + i, row + j));
        if (!near) continue;
        for (const [a, b] of near) {
          if (Math.abs(a - x) < size && Math.abs(b - y) < size) return false;
        }
      }
    }
    const here = cells.get(keyOf(column, row));
    if (here) here.push([x, y]);
    else cells.set(keyOf(column, row), [[x, y]]);
    return true;
  }
}
