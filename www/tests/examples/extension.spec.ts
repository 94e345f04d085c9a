/**
 * `www/examples/extension`, loaded into Chromium. Its popup is no page to Playwright; what is in it is
 * seen and done from another page of the extension.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium, type Page } from "@playwright/test";
import { copyOf, expect, PHOTOS, type Shown, test, TEXT } from "./fixtures";

const ICON = fileURLToPath(new URL("../../demo/public/icon.svg", import.meta.url));

test("the images of a page are ordered by what is typed, and shown in it", async ({
  packed,
  expected,
  launchOptions,
}) => {
  const project = copyOf("extension", packed);
  const profile = mkdtempSync(join(tmpdir(), "agff-profile-"));
  const site = await serveSite();
  const context = await chromium.launchPersistentContext(profile, {
    ...launchOptions,
    args: [
      ...(launchOptions.args ?? []),
      `--disable-extensions-except=${project}`,
      `--load-extension=${project}`,
    ],
  });
  try {
    const popup = await Popup.of(context);
    const page = await context.newPage();
    await page.goto(site.url);

    await popup.open(page);
    await expect.poll(() => popup.text("#status")).toBe("4 of 4 images, 1 could not be used");
    expect(await popup.shown()).toEqual([]);
    await popup.type(TEXT);
    await expect.poll(() => popup.shown()).toEqual(expected);
    expect(await popup.text("#problem")).toBe("");

    const best = page.locator(`img[src$="${expected[0]![0]}"]`);
    await expect(best).not.toBeInViewport();
    await popup.clickFirst();
    await expect.poll(() => best.evaluate((image) => image.getAnimations().length)).toBe(1);
    await expect(best).toBeInViewport();

    // Once more: the photos are known by now.
    await popup.close();
    const wanted = [...PHOTOS.map((photo) => `/${basename(photo)}`), "/icon.svg"];
    expect(site.fetched.sort()).toEqual(wanted.sort());
    site.fetched.length = 0;
    await popup.open(page);
    await expect.poll(() => popup.text("#status")).toContain("of 4 images");
    await popup.type(TEXT);
    await expect.poll(() => popup.shown()).toEqual(expected);
    expect(site.fetched).toEqual(["/icon.svg"]);

    await popup.close();
    await page.goto("chrome://version/");
    await popup.open(page);
    await expect.poll(() => popup.text("#problem")).toMatch(/cannot/i);
  } finally {
    await context.close();
    site.close();
    rmSync(profile, { recursive: true, force: true });
  }
});

/** The extension's popup. */
class Popup {
  private constructor(private readonly helper: Page) {}

  static async of(context: BrowserContext): Promise<Popup> {
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    const helper = await context.newPage();
    await helper.goto(new URL("manifest.json", worker.url()).href);
    return new Popup(helper);
  }

  /** Opens it over a page, as a click on the extension's button does. */
  async open(page: Page): Promise<void> {
    await page.bringToFront();
    await this.helper.evaluate("chrome.action.openPopup()");
    await expect.poll(() => this.text("#status")).toBeDefined();
  }

  async close(): Promise<void> {
    await this.run("popup.close()");
    await expect.poll(() => this.helper.evaluate(`${VIEWS}.length`)).toBe(0);
  }

  text(selector: string): Promise<string | undefined> {
    return this.run(`popup.document.querySelector("${selector}")?.textContent`);
  }

  async type(text: string): Promise<void> {
    await this.run(`(() => {
      const field = popup.document.getElementById("query");
      field.value = ${JSON.stringify(text)};
      field.dispatchEvent(new Event("input"));
    })()`);
  }

  /** The images in it and their scores. */
  shown(): Promise<Shown[]> {
    return this.run(`[...popup.document.querySelectorAll("li")].map((item) => [
      item.querySelector("img").src.split("/").pop(), item.textContent,
    ])`);
  }

  async clickFirst(): Promise<void> {
    await this.run(`popup.document.querySelector("button").click()`);
  }

  private run<T>(code: string): Promise<T> {
    return this.helper.evaluate(`{ const [popup] = ${VIEWS}; popup && ${code}; }`);
  }
}

const VIEWS = `chrome.extension.getViews({ type: "popup" })`;

interface Site {
  url: string;
  /** What was asked for otherwise than to be shown. */
  fetched: string[];
  close(): void;
}

/**
 * A page with the photos far below its top, the last one from another origin, which allows no page to read it;
 * with a drawing, which is no photo; and with an icon, which is too small to count.
 */
async function serveSite(): Promise<Site> {
  const fetched: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (request.headers["sec-fetch-dest"] === "empty") fetched.push(path);
    const photo = PHOTOS.find((photo) => path === `/${basename(photo)}`);
    if (photo) response.writeHead(200, { "content-type": "image/jpeg" }).end(readFileSync(photo));
    else if (path === "/icon.svg") {
      response.writeHead(200, { "content-type": "image/svg+xml" }).end(readFileSync(ICON));
    } else response.writeHead(200, { "content-type": "text/html" }).end(html);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const names = PHOTOS.map((photo) => basename(photo));
  const last = names.pop();
  const small = readFileSync(ICON, "utf8").replace(/<svg/, `<svg width="16" height="16"`);
  const html = `<!doctype html>
    <title>A page with images</title>
    <link rel="icon" href="data:," />
    <div style="height: 300vh"></div>
    ${names.map((name) => `<img src="${name}" />`).join("\n")}
    <img src="http://127.0.0.1:${port}/${last}" />
    <img src="icon.svg" />
    <img src="data:image/svg+xml,${encodeURIComponent(small)}" />`;
  return {
    url: `http://localhost:${port}/`,
    fetched,
    close: () => (server.closeAllConnections(), server.close()),
  };
}
