/** The device is picked, and said; only one engine is fetched; nothing leaves the page. */

import { chooseDevice } from "../../package/dist/device.js";
import { addPhotos, expect, open, rank, sample, test, visit } from "./fixtures";

test("auto takes the CPU on a software adapter, and says why", async ({ page }) => {
  const engines: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith(".wasm")) engines.push(request.url());
  });
  await open(page, "");
  await expect(page.locator("#device")).toContainText("Running on the CPU");
  await expect(page.locator("#device")).toContainText("software");
  expect(engines).toHaveLength(1);
});

test("auto takes the CPU when the browser has no WebGPU, and says why", async ({ page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined }),
  );
  await open(page, "");
  await expect(page.locator("#device")).toContainText("Running on the CPU");
  await expect(page.locator("#device")).toContainText("no WebGPU");
});

test("a GPU that is insisted on and missing is an error that says so", async ({ page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined }),
  );
  await visit(page, "device=gpu");
  await expect(page.locator("#failure")).toContainText("[no-gpu]");
  await expect(page.locator("#device")).toHaveText("The model could not be loaded.");
});

test("nothing but reads of the page's own server is ever asked for", async ({ page, baseURL }) => {
  const foreign: string[] = [];
  page.on("request", (request) => {
    const own = request.url().startsWith(baseURL ?? "") || request.url().startsWith("blob:");
    if (!own || request.method() !== "GET") foreign.push(`${request.method()} ${request.url()}`);
  });
  await open(page);
  await addPhotos(page, [sample("cat")]);
  await rank(page, "a cat");
  expect(foreign).toEqual([]);
});

test("hardware adapters get the GPU engine, and software ones the CPU engine", async () => {
  const hardware = { vendor: "nvidia", architecture: "ada-lovelace" };
  const cases: [kind: string, adapter: object | null][] = [
    ["gpu", { info: hardware }],
    ["gpu", { info: { vendor: "apple", architecture: "metal-3" } }],
    // Privacy settings can leave all of it empty.
    ["gpu", { info: { vendor: "", architecture: "" } }],
    ["gpu", {}],
    ["cpu", null],
    ["cpu", { isFallbackAdapter: true, info: hardware }],
    ["cpu", { info: { ...hardware, isFallbackAdapter: true } }],
    ["cpu", { info: { vendor: "google", architecture: "swiftshader" } }],
    ["cpu", { info: { vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" } }],
    ["cpu", { info: { vendor: "microsoft", description: "Microsoft Basic Render Driver" } }],
  ];
  for (const [kind, adapter] of cases) {
    const gpu = { requestAdapter: async () => adapter };
    const chosen = await chooseDevice("auto", gpu);
    expect.soft(chosen.kind, JSON.stringify(adapter)).toBe(kind);
    expect.soft(chosen.reason).not.toBe("");
    expect.soft((await chooseDevice("cpu", gpu)).kind).toBe("cpu");
    if (adapter) expect.soft((await chooseDevice("gpu", gpu)).kind).toBe("gpu");
    else await expect(chooseDevice("gpu", gpu)).rejects.toMatchObject({ code: "no-gpu" });
  }
});
