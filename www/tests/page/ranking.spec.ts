/** The page ranks real photos, on the CPU engine and on the GPU engine alike. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addPhotos, cells, expect, open, rank, sample, type Shown, test } from "./fixtures";

const PHOTOS = ["cat", "coffee", "rocket", "lemons", "red-peppers"];
const TEXT = "a cup of coffee on a wooden table";

// The last of these tests compare what the first ones have found.
test.describe.configure({ mode: "default" });

const rankings = new Map<string, Shown[]>();

for (const device of ["cpu", "gpu"]) {
  test(`real photos are ranked on the ${device} when it is forced`, async ({ page }) => {
    await open(page, `device=${device}`);
    await expect(page.locator("#device")).toContainText(`Running on the ${device.toUpperCase()}`);
    await addPhotos(page, PHOTOS.map(sample));
    await expect(page.locator("#problems")).toBeHidden();

    const ranking = await rank(page, TEXT);
    expect(ranking.map(({ name }) => name).sort()).toEqual(
      PHOTOS.map((name) => `${name}.jpg`).sort(),
    );
    const scores = ranking.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const { score, weights } of ranking) {
      expect(Math.abs(score)).toBeLessThanOrEqual(1);
      expect(weights).toHaveLength(4);
      expect(Math.abs(weights.reduce((a, b) => a + b) - 1)).toBeLessThanOrEqual(1e-4);
    }
    rankings.set(device, ranking);
  });
}

test("both engines give the same scores", () => {
  const [cpu, gpu] = [rankings.get("cpu"), rankings.get("gpu")];
  if (!cpu || !gpu) throw new Error("the two tests before this one have to pass first");
  const byName = new Map(gpu.map(({ name, score }) => [name, score]));
  for (const { name, score } of cpu) {
    expect(Math.abs(score - (byName.get(name) ?? NaN)), name).toBeLessThanOrEqual(0.0015);
  }
});

test("the command line ranks the same photos the same way", () => {
  const page = rankings.get("cpu");
  if (!page) throw new Error("the first test has to pass first");
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const agff = join(process.env["CARGO_TARGET_DIR"] ?? join(root, "target"), "debug/agff");
  const photos = PHOTOS.flatMap((name) => ["--image", sample(name)]);
  // As in the page, the text is embedded as what the model calls a query, if it has a word for that.
  const manifest = join(root, "models/agff-nano/agff.json");
  const { prompt } = JSON.parse(readFileSync(manifest, "utf8")) as {
    prompt: { named?: Record<string, string> };
  };
  const query = prompt.named?.["query"] === undefined ? [] : ["--prompt", "query"];
  const output = execFileSync(
    agff,
    [
      ...["compare", "--json", "--device", "cpu", "--model", "agff-nano"],
      ...["--text", TEXT, ...query, ...photos],
    ],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const native = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { target: string; score: number })
    .map(({ target, score }) => ({ name: target.split("/").at(-1), score }));
  expect(native.map(({ name }) => name)).toEqual(page.map(({ name }) => name));
  native.forEach(({ name, score }, i) => {
    // The page shows three places.
    expect(Math.abs(score - (page[i]?.score ?? NaN)), name).toBeLessThanOrEqual(0.0006);
  });
});

test("a photo can be the query, and is most like itself", async ({ page }) => {
  await open(page);
  await addPhotos(page, ["cat", "lemons", "rocket"].map(sample));
  await page.locator(".cell", { hasText: "lemons.jpg" }).click();
  await page.getByRole("button", { name: "More like this" }).click();
  await expect(page.locator("#results-title")).toContainText("like lemons.jpg");
  await expect(cells(page).first()).toContainText("lemons.jpg");
});

test("an untrained package says that its ranking means nothing yet", async ({ page, request }) => {
  const manifest = await (await request.get("models/agff-nano/agff.json")).json();
  await open(page);
  await expect(page.locator("#untrained")).toBeVisible({ visible: manifest.trained === false });
});
