/** The default model finds, in the page, what it was never trained on. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { addPhotos, expect, names, open, sample, search, test } from "../page/fixtures";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const agff = join(process.env["CARGO_TARGET_DIR"] ?? join(root, "target"), "debug/agff");

interface Question {
  query: { text: string };
  candidates: { image: string }[];
  answer: number;
}

test("of scenes that differ in one fact the right one comes first", async ({ page }) => {
  // The first two pairs of every pattern of the test set: other colours, words and sentences than in training.
  const folder = mkdtempSync(join(tmpdir(), "agff-scenes-"));
  const scenes = join(folder, "scenes");
  execFileSync(agff, ["data", "scenes", scenes, "--pairs", "--count", "2", "--size", "128"], {
    stdio: "ignore",
  });
  const questions = readFileSync(join(scenes, "questions.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Question);
  const images = [...new Set(questions.flatMap((q) => q.candidates.map((c) => c.image)))];
  expect(images).toHaveLength(36);

  await open(page);
  await addPhotos(
    page,
    images.map((image) => join(scenes, image)),
  );
  const wrong: string[] = [];
  for (const { query, candidates, answer } of questions) {
    await search(page, query.text);
    const first = (await names(page))[0];
    if (first !== basename(candidates[answer]!.image)) wrong.push(`${query.text}: ${first}`);
  }
  // By chance one in 36 would be right.
  expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(5);
  rmSync(folder, { recursive: true });
});

test("photos of groceries are found by their names", async ({ page }) => {
  const groceries = ["lemons", "oranges", "pineapples", "red-peppers"];
  await open(page);
  await addPhotos(page, groceries.map(sample));
  for (const [text, name] of [
    ["a photo of Lemon", "lemons.jpg"],
    ["a photo of Orange", "oranges.jpg"],
    ["a photo of Pineapple", "pineapples.jpg"],
    ["a photo of Red Bell Pepper", "red-peppers.jpg"],
  ] as const) {
    await search(page, text);
    await expect.poll(async () => (await names(page))[0], { message: text }).toBe(name);
  }
});
