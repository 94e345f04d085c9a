/**
 * What `npm pack` makes, installed in fresh projects: without a bundler, with Vite and with webpack.
 * Each is built, its types are checked, and it embeds a photo and a text under a strict policy
 * and without cross-origin isolation. The other packages come from the npm registry.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Hit, ModelInfo } from "agff";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

let folder = "";
let tarball = "";

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agff-tarball-"));
  const packed = npm(
    here("../../package"),
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  );
  const [first] = Object.values(JSON.parse(packed) as Record<string, { filename: string }>);
  tarball = join(folder, first!.filename);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const [name, served] of [
  ["vanilla", "."],
  ["vite", "dist"],
  ["webpack", "dist"],
] as const) {
  test(`the tarball works in a fresh project: ${name}`, async ({ page }) => {
    const project = join(folder, name);
    cpSync(here(`projects/${name}`), project, { recursive: true });
    npm(project, "install", "--no-audit", "--no-fund", "--ignore-scripts", tarball);
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
      expect(info).toMatchObject({ name: "agff-nano", worker: true, device: { kind: "cpu" } });
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      expect(page.workers()).toHaveLength(1);
      expect(problems).toEqual([]);
    } finally {
      server.close();
    }
  });
}

test("the tarball has what it should and nothing else", () => {
  const names = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
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
  expect(names.filter((name) => name.endsWith(".wasm"))).toHaveLength(2);
  const sources = readdirSync(here("../../package/src"));
  const built = names.filter((name) => /^package\/dist\/[^/]+\.js$/.test(name));
  const modules = sources.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
  expect(built).toHaveLength(modules.length);
  const vendored = names.filter((name) => name.startsWith("package/dist/vendor/"));
  expect(vendored.sort()).toEqual(["package/dist/vendor/idb.js", "package/dist/vendor/parquet.js"]);
});

function npm(cwd: string, ...args: string[]): string {
  const env = { ...process.env, npm_config_update_notifier: "false" };
  try {
    return execFileSync("npm", args, {
      cwd,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`npm ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  }
}

/** A folder with the policy on every answer, a worker's script too, whose own policy that is. */
async function serve(site: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(site, path === "/" ? "index.html" : path);
    const headers = {
      "content-security-policy": POLICY,
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    };
    try {
      response.writeHead(200, headers).end(readFileSync(file));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () => (server.closeAllConnections(), server.close()),
  };
}
