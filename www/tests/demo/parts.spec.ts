/** The parts of the page that need no page: what a query says, where cells are, how things are put into words. */

import { bytes, count, duration } from "../../demo/src/format";
import { layOut, move, rowsBetween } from "../../demo/src/layout";
import { reason, viewName } from "../../demo/src/patterns";
import { isEmpty, NOTHING, parse, terms } from "../../demo/src/query";
import { expect, test } from "@playwright/test";

test("words after a minus sign are not wanted, and hyphens within words stay", () => {
  const cases: [text: string, wanted: string, unwanted: string[]][] = [
    ["beach", "beach", []],
    ["beach -people", "beach", ["people"]],
    ["beach -people -dogs", "beach", ["people", "dogs"]],
    ['beach -"red cars" at night', "beach at night", ["red cars"]],
    ["black-and-white photo", "black-and-white photo", []],
    ["-people", "", ["people"]],
    ["5 - 3", "5 - 3", []],
    ["  a   cat  ", "a cat", []],
    ["", "", []],
  ];
  for (const [text, wanted, unwanted] of cases) {
    expect.soft(parse(text), text).toEqual({ wanted, unwanted });
  }
});

test("a search becomes terms, with the model's instruction for texts only", () => {
  const like = [{ id: "a", name: "a.jpg" }];
  const unlike = [{ id: "b", name: "b.jpg" }];
  expect(terms({ text: "sea -boat", like, unlike }, "Find it.")).toEqual([
    { text: "sea", weight: 1, instruction: "Find it." },
    { id: "a", weight: 1 },
    { text: "boat", weight: -0.5, instruction: "Find it." },
    { id: "b", weight: -0.5 },
  ]);
  expect(terms({ ...NOTHING, text: "sea" }, undefined)).toEqual([{ text: "sea", weight: 1 }]);
  expect(isEmpty(NOTHING)).toBe(true);
  expect(isEmpty({ ...NOTHING, text: "   " })).toBe(true);
  expect(isEmpty({ ...NOTHING, unlike })).toBe(false);
});

test("cells fill the width, and only the rows on the screen are asked for", () => {
  const shape = { least: 100, gap: 10, caption: 30 };
  const layout = layOut(25, 430, shape);
  expect(layout).toMatchObject({ columns: 4, rows: 7, cellWidth: 100, rowHeight: 115 });
  expect(layOut(25, 50, shape).columns).toBe(1);
  expect(rowsBetween(layout, 0, 300, 0)).toEqual([0, 3]);
  expect(rowsBetween(layout, 230, 460, 1)).toEqual([1, 5]);
  expect(rowsBetween(layout, -1000, -500, 2)).toEqual([0, 0]);
  expect(rowsBetween(layout, 1e6, 2e6, 2)).toEqual([7, 7]);
});

test("keys lead from cell to cell and never out of the grid", () => {
  // Ten cells in rows of four, the last one short.
  const go = (key: string, from: number, control = false) => move(key, control, from, 10, 4, 2);
  const cases: [key: string, from: number, to: number, control?: boolean][] = [
    ["ArrowRight", 3, 4],
    ["ArrowRight", 9, 9],
    ["ArrowLeft", 0, 0],
    ["ArrowDown", 1, 5],
    ["ArrowDown", 7, 9],
    ["ArrowDown", 9, 9],
    ["ArrowUp", 2, 2],
    ["ArrowUp", 9, 5],
    ["Home", 6, 4],
    ["End", 5, 7],
    ["End", 8, 9],
    ["Home", 9, 0, true],
    ["End", 0, 9, true],
    ["PageDown", 1, 9],
    ["PageUp", 9, 1],
    ["PageUp", 6, 2],
  ];
  for (const [key, from, to, control] of cases) {
    expect.soft(go(key, from, control), `${key} from ${from}`).toBe(to);
  }
  expect(go("a", 0)).toBeUndefined();
});

test("numbers and reasons are put into words", () => {
  expect([1, 2, 10_000].map((n) => count(n, "photo"))).toEqual([
    "1 photo",
    "2 photos",
    "10,000 photos",
  ]);
  expect([1, 1500, 4_200_000, 2.5e9].map(bytes)).toEqual(["1 byte", "2 kB", "4.2 MB", "2.50 GB"]);
  expect([900, 12_000, 61_000, 3.6e6].map(duration)).toEqual([
    "a few seconds",
    "15 seconds",
    "1 minute",
    "1 hour",
  ]);
  expect(["global", "fine-3", "colour"].map(viewName)).toEqual([
    "the whole",
    "detail 3",
    "“colour”",
  ]);
  expect(reason({ gg: 0.7, fg: 0.1, gf: 0.1, ff: 0.1 }, "your words")).toContain(
    "your words as a whole, with the photo as a whole",
  );
  expect(reason({ gg: 0.1, fg: 0.1, gf: 0.7, ff: 0.1 }, "your words")).toContain(
    "a detail of the photo",
  );
  // Words that have one view are not spoken of by their parts.
  expect(reason({ gg: 0.3, fg: 0, gf: 0.7, ff: 0 }, "your words")).toContain(
    "your words, with a part of the photo",
  );
  expect(reason({ gg: 0.25, fg: 0.25, gf: 0.25, ff: 0.25 }, "your words")).toContain(
    "about equally",
  );
});
