/** The map: a projection that is right, and a picture of it that can be walked by mouse and keys. */

import { project } from "../../demo/src/map/pca";
import { around, inDirection, nearest, normalise } from "../../demo/src/map/points";
import { addPhotos, expect, open, sample, search, test } from "../page/fixtures";

/** Numbers as if by chance, the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

test("the projection finds the two directions in which vectors differ most", async () => {
  const [n, dimensions] = [400, 48];
  const normal = chance(7);
  // Two orthogonal directions that are mixed over all dimensions, with spreads of 3 and 2 among noise of 0.2.
  const first = Array.from(
    { length: dimensions },
    (_, i) => (i % 2 ? 1 : -1) / Math.sqrt(dimensions),
  );
  const second = Array.from(
    { length: dimensions },
    (_, i) => (i % 4 < 2 ? 1 : -1) / Math.sqrt(dimensions),
  );
  const [a, b]: [number[], number[]] = [[], []];
  const values = new Float32Array(n * dimensions);
  for (let row = 0; row < n; row++) {
    a.push(3 * normal());
    b.push(2 * normal());
    for (let i = 0; i < dimensions; i++) {
      values[row * dimensions + i] =
        5 + a[row]! * first[i]! + b[row]! * second[i]! + 0.2 * normal();
    }
  }
  const found = await project(values, dimensions);
  const axis = (offset: number) => Array.from({ length: n }, (_, row) => found[2 * row + offset]!);
  expect(Math.abs(correlation(axis(0), a))).toBeGreaterThan(0.98);
  expect(Math.abs(correlation(axis(1), b))).toBeGreaterThan(0.98);
  expect(Math.abs(correlation(axis(0), axis(1)))).toBeLessThan(0.02);
  const variance = (x: number[]) => x.reduce((sum, value) => sum + value * value, 0) / n;
  expect(variance(axis(0)) / variance(a)).toBeCloseTo(1, 1);
  expect(variance(axis(1)) / variance(b)).toBeCloseTo(1, 1);
});

test("the projection takes nothing, one vector and equal vectors", async () => {
  expect([...(await project(new Float32Array(0), 4))]).toEqual([]);
  expect([...(await project(new Float32Array([1, 2, 3]), 3))]).toEqual([0, 0]);
  const equal = await project(new Float32Array(Array(30).fill(0.5)), 3);
  expect([...equal].every((x) => Math.abs(x) < 1e-9)).toBe(true);
});

test("the projection lets others work, and can be stopped", async () => {
  const values = new Float32Array(20_000 * 64).map((_, i) => Math.sin(i));
  let breaths = 0;
  await project(values, 64, { breathe: async () => void breaths++ });
  expect(breaths).toBeGreaterThan(0);
  const stop = new AbortController();
  const stopped = project(values, 64, {
    signal: stop.signal,
    breathe: async () => stop.abort(),
  });
  await expect(stopped).rejects.toThrow("abort");
});

test("points are found by place and by direction", () => {
  const points = normalise(["a", "b", "c", "d"], new Float32Array([0, 0, 1, 0, 0, 1, -1, -1]), 1);
  const [a, b, c, d] = points;
  expect(nearest(points, 0.9, 0.1)).toBe(b);
  expect(nearest(points, 0.5, 0.5, 0.1)).toBeUndefined();
  expect(inDirection(points, a!, 1, 0)).toBe(b);
  expect(inDirection(points, a!, 0, 1)).toBe(c);
  expect(inDirection(points, a!, -1, 0)).toBe(d);
  expect(inDirection(points, b!, 1, 0)).toBeUndefined();
  expect(around(points, a!, 2)).toEqual([b, c]);
});

test("all photos are on the map, and open with a click", async ({ page }) => {
  await open(page);
  await addPhotos(page, ["cat", "coffee", "rocket", "lemons", "galaxies"].map(sample));
  await page.getByRole("button", { name: "Map" }).click();
  const canvas = page.locator("#map-canvas");
  await expect(canvas).toHaveAttribute("data-points", "5");
  await page.waitForTimeout(300);
  const painted = await canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const { data } = (element as HTMLCanvasElement)
      .getContext("2d")!
      .getImageData(0, 0, width, height);
    let found: [x: number, y: number] | undefined;
    let count = 0;
    for (let i = 3; i < data.length; i += 4) {
      if (data[i]! < 250) continue;
      count++;
      const at = (i - 3) / 4;
      found ??= [at % width, Math.floor(at / width)];
    }
    return { count, found, ratio: devicePixelRatio };
  });
  // Pictures, not dots.
  expect(painted.count).toBeGreaterThan(5000);
  const [x, y] = painted.found!.map((pixel) => pixel / painted.ratio) as [number, number];
  await canvas.click({ position: { x: x + 6, y: y + 6 } });
  await expect(page.locator("#details").getByRole("heading", { level: 2 })).toHaveText(/\.jpg$/);
});

test("with keys one goes from photo to photo, hears where one is, and opens one", async ({
  page,
}) => {
  await open(page);
  await addPhotos(page, ["cat", "coffee", "rocket", "lemons"].map(sample));
  await page.getByRole("button", { name: "Map" }).click();
  const canvas = page.locator("#map-canvas");
  await expect(canvas).toHaveAttribute("data-points", "4");
  await canvas.focus();
  const seen = new Set<string | null>();
  for (const key of [
    "ArrowLeft",
    "ArrowLeft",
    "ArrowLeft",
    "ArrowRight",
    "ArrowRight",
    "ArrowRight",
    "ArrowUp",
    "ArrowUp",
    "ArrowDown",
    "ArrowDown",
  ]) {
    await page.keyboard.press(key);
    seen.add(await canvas.getAttribute("data-selected"));
  }
  expect(seen.size).toBeGreaterThanOrEqual(3);
  await expect(page.locator("#map-status")).toHaveText(
    /^\w+\.jpg, near \w+\.jpg, \w+\.jpg, \w+\.jpg$/,
  );
  const selected = await canvas.getAttribute("data-selected");
  await page.keyboard.press("Enter");
  await expect(page.locator("#details").getByRole("heading", { level: 2 })).toHaveText(selected!);
  await page.keyboard.press("Escape");
  await expect(canvas).toBeFocused();
});

test("zooming, dragging and a search change what is drawn", async ({ page }) => {
  await open(page);
  await addPhotos(page, ["cat", "coffee", "rocket"].map(sample));
  await page.getByRole("button", { name: "Map" }).click();
  const canvas = page.locator("#map-canvas");
  await expect(canvas).toHaveAttribute("data-points", "3");
  await page.waitForTimeout(300);
  const picture = async () => {
    await page.waitForTimeout(150);
    return canvas.evaluate(async (element) => {
      const bytes = new TextEncoder().encode((element as HTMLCanvasElement).toDataURL());
      return String(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
    });
  };
  const whole = await picture();
  const box = (await canvas.boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + 90, box.y + 60, { steps: 4 });
  await page.mouse.up();
  expect(await picture()).not.toBe(whole);
  await page.getByRole("button", { name: "Show all" }).click();
  expect(await picture()).toBe(whole);
  await page.getByRole("button", { name: "Zoom in" }).click();
  expect(await picture()).not.toBe(whole);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, 300);
  await page.mouse.wheel(0, -300);
  await page.getByRole("button", { name: "Show all" }).click();
  expect(await picture()).toBe(whole);
  await search(page, "a cat");
  await expect(page.locator("#view-map")).toBeVisible();
});

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (f: (i: number) => number) => x.reduce((total, _, i) => total + f(i), 0);
  const covariance = sum((i) => (x[i]! - mx) * (y[i]! - my));
  return covariance / Math.sqrt(sum((i) => (x[i]! - mx) ** 2) * sum((i) => (y[i]! - my) ** 2));
}
