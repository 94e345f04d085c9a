/** `www/examples/vite-react`: built, under a strict policy, and as its development server gives it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Page } from "@playwright/test";
import { npm, POLICY, serve } from "../tarball";
import { complaints, copyOf, expect, LETTER, PHOTOS, type Shown, test, TEXT } from "./fixtures";

test("photos that are dropped are ordered by what is typed", async ({ page, packed, expected }) => {
  const project = copyOf("vite-react", packed);
  npm(project, "run", "build");
  const found = complaints(page);

  await test.step("as it was built", async () => {
    const server = await serve(join(project, "dist"), `${POLICY}; img-src 'self' blob:`);
    try {
      await search(page, server.url, expected);
    } finally {
      server.close();
    }
  });

  // Here React mounts twice, so the first loading is stopped.
  await test.step("in development", async () => {
    const [vite, url] = await develop(project);
    try {
      await search(page, url, expected);
    } finally {
      expect(vite.exitCode, "vite has ended by itself").toBe(null);
      const ended = once(vite, "exit");
      vite.kill();
      await ended;
    }
  });
  expect(found).toEqual([]);
});

async function search(page: Page, url: string, expected: readonly Shown[]): Promise<void> {
  await page.goto(url);
  const status = page.getByRole("status");
  await expect(status).toHaveText(/^photo runs on the CPU\./, { timeout: 120_000 });
  await drop(page);
  await expect(page.locator("li")).toHaveCount(PHOTOS.length);
  await expect(status).toHaveText(/^photo runs on the CPU\./);
  await page.getByLabel("Find").fill(TEXT);
  const shown = () =>
    page
      .locator("li")
      .evaluateAll((items) =>
        items.map((item): Shown => [item.querySelector("img")!.alt, item.textContent!]),
      );
  await expect.poll(shown).toEqual(expected);
  await page.locator("input[type=file]").setInputFiles(LETTER);
  await expect(page.getByRole("alert")).toHaveText(/^letter\.jpg: .+/);
  expect(await shown()).toEqual(expected);
}

async function drop(page: Page): Promise<void> {
  const files = PHOTOS.map((path) => ({
    name: basename(path),
    base64: readFileSync(path).toString("base64"),
  }));
  const dataTransfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
    }
    return transfer;
  }, files);
  await page.dispatchEvent(".drop", "drop", { dataTransfer });
}

/** The development server and its address. */
async function develop(project: string): Promise<[ChildProcess, string]> {
  const bin = join(project, "node_modules/vite/bin/vite.js");
  const vite = spawn(process.execPath, [bin, "--port", "0"], {
    cwd: project,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    // Read to its end: vite stops where nobody reads what it says.
    vite.stdout.on("data", (chunk) => {
      printed += String(chunk);
      const url = /http:\/\/localhost:\d+\//.exec(printed)?.[0];
      if (url) resolve(url);
    });
    vite.once("exit", () => reject(new Error(`vite did not start:\n${printed}`)));
  });
  return [vite, url];
}
