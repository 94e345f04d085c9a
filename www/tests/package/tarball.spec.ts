/**
 * What `npm pack` makes, installed in fresh projects: without a bundler, with Vite and with webpack.
 * Each is built, its types are checked, and it embeds a photo and a text under a strict policy
 * and without cross-origin isolation. The other packages come from the npm registry.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Hit, ModelInfo } from "agff";
import { install, npm, pack, publishDryRun, serve } from "../tarball";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

for (const [name, served, model] of [
  ["vanilla", ".", "photo"],
  ["vite", "dist", "agff-nano"],
  ["webpack", "dist", "photo"],
] as const) {
  test(`the tarball works in a fresh project: ${name}`, async ({ page }) => {
    const { folder, tarball } = pack();
    const project = join(folder, "projects", name);
    cpSync(here(`projects/${name}`), project, { recursive: true });
    install(project, tarball);
    if (name === "vanilla") npm(project, "exec", "--", "tsc", "-p", ".");
    else npm(project, "run", "build");
    const site = join(project, served);
    if (name === "webpack") copyFileSync(join(project, "index.html"), join(site, "index.html"));
    copyFileSync(here("../../demo/public/samples/cat.jpg"), join(site, "cat.jpg"));
    copyFileSync(here("../../demo/public/icon.svg"), join(site, "icon.svg"));

    const server = await serve(site);
    const problems: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(`${error}`));
    try {
      await page.goto(server.url);
      await expect(page.locator("body")).toHaveText(/^\{/, { timeout: 120_000 });
      const text = (await page.locator("body").textContent()) ?? "";
      const { score, info, hits, added, error } = JSON.parse(text) as {
        score: number;
        info: ModelInfo;
        hits: Hit[];
        added: number;
        error?: string;
      };
      expect(error).toBeUndefined();
      expect(Math.abs(score)).toBeLessThanOrEqual(1);
      // The index, which is loaded when it is opened, and a file of vectors.
      expect(hits).toEqual([expect.objectContaining({ name: "cat.jpg", decode: "exact" })]);
      expect(hits[0]!.score).toBeCloseTo(score, 12);
      expect(added).toBe(1);
      expect(info).toMatchObject({ name: model, worker: true, device: { kind: "cpu" } });
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      expect(page.workers()).toHaveLength(1);
      expect(problems).toEqual([]);
    } finally {
      server.close();
    }
  });
}

test("the tarball has what it should and nothing else", () => {
  const listed = execFileSync("tar", ["-tzf", pack().tarball], { encoding: "utf8" });
  const names = listed.trim().split("\n");
  const kinds = new Set(names.map((name) => name.replace(/^package\//, "").split("/")[0]));
  expect([...kinds].sort()).toEqual([
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "THIRD-PARTY.md",
    "dist",
    "engines",
    "models",
    "package.json",
  ]);
  expect(names.filter((name) => name.endsWith(".wasm"))).toHaveLength(3);
  const sources = readdirSync(here("../../package/src"));
  const built = names.filter((name) => /^package\/dist\/[^/]+\.js$/.test(name));
  const modules = sources.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
  expect(built).toHaveLength(modules.length);
  const vendored = names.filter((name) => name.startsWith("package/dist/vendor/"));
  expect(vendored.sort()).toEqual(["package/dist/vendor/idb.js", "package/dist/vendor/parquet.js"]);
});

test("npm would publish it without a warning", () => {
  const { status, complaints } = publishDryRun();
  // That nobody is logged in says nothing about the package.
  expect(complaints.filter((line) => !line.includes("requires you to be logged in"))).toEqual([]);
  expect(status).toBe(0);
});
