/**
 * What the tests of the examples share: the packed package, projects with it in them, and what the
 * examples should show, which is what the library itself gives.
 */

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, type Browser, expect, type Page } from "@playwright/test";
import type * as Library from "agff";
import { install, pack, type Packed, serve } from "../tarball";

export { expect };

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Paths of the photos that the examples are given. */
export const PHOTOS = ["cat", "coffee", "rocket"].map((name) =>
  here(`../../demo/public/samples/${name}.jpg`),
);
export const TEXT = "a cat looks into the camera";
/** A file that looks like a photo by its name only. */
export const LETTER = {
  name: "letter.jpg",
  mimeType: "image/jpeg",
  buffer: Buffer.from("Dear photo,\n"),
};

/** A photo and its score, as the examples write it. */
export type Shown = [name: string, score: string];

/** `PHOTOS` by their similarity to `TEXT`, once they are known. */
let known: Promise<Shown[]> | undefined;

export const test = base.extend<{ packed: Packed; expected: Shown[] }>({
  packed: async ({}, use) => use(pack()),
  expected: async ({ packed, browser }, use) => use(await (known ??= expectedOf(packed, browser))),
});

/** What the library itself gives. */
async function expectedOf({ folder, tarball }: Packed, browser: Browser): Promise<Shown[]> {
  const project = join(folder, "expected");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), `{ "private": true }`);
  writeFileSync(join(project, "index.html"), "<!doctype html><title>expected</title>");
  for (const photo of PHOTOS) cpSync(photo, join(project, basename(photo)));
  install(project, tarball);
  const server = await serve(project);
  const page = await browser.newPage();
  await page.goto(server.url);
  const expected = await scores(page);
  await page.close();
  server.close();
  return expected;
}

async function scores(page: Page): Promise<Shown[]> {
  const names = PHOTOS.map((photo) => basename(photo));
  const made = await page.evaluate(
    async ({ names, text }) => {
      const path = new URL("node_modules/agff/dist/index.js", location.href).href;
      const { Agff } = (await import(path)) as typeof Library;
      const agff = await Agff.load("photo", { device: "cpu" });
      const query = await agff.embedText(text);
      const scores: [string, number][] = [];
      for await (const { name, embedding } of agff.embedImages(names)) {
        scores.push([name, agff.similarity(query, embedding!).score]);
      }
      await agff.dispose();
      return scores;
    },
    { names, text: TEXT },
  );
  return made.sort(([, a], [, b]) => b - a).map(([name, score]) => [name, score.toFixed(4)]);
}

/** An example as somebody would copy it, with its packages installed. */
export function copyOf(example: string, { folder, tarball }: Packed): string {
  const project = join(folder, "examples", example);
  const source = here(`../../examples/${example}`);
  cpSync(source, project, {
    recursive: true,
    filter: (path) => !/^(node_modules|dist|package-lock\.json)$/.test(relative(source, path)),
  });
  install(project, tarball);
  return project;
}

/** Collects what a page complains about. */
export function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") found.push(message.text());
  });
  page.on("pageerror", (error) => found.push(`${error}`));
  return found;
}
