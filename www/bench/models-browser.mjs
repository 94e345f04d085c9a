/** Chromium for models.mjs and indexing.mjs, and the server that it loads everything from. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.mjs";
import { serve } from "./counting-server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** `agff` is the folder of the npm package, `models` that of the models. */
export async function openBrowser({ agff, models }, { isolated = true } = {}) {
  const require = createRequire(import.meta.url);
  const transformers = dirname(require.resolve("@huggingface/transformers"));
  const itsRuntime = createRequire(`${transformers}/`).resolve("onnxruntime-web");
  const mounts = {
    page: here("page"),
    agff,
    models,
    samples: here("../demo/public/samples"),
    transformers,
    ort: dirname(require.resolve("onnxruntime-web")),
    "ort-transformers": dirname(itsRuntime),
  };
  const server = await serve(mounts, isolated);
  return { call: (...args) => call(server, ...args), close: () => server.close() };
}

/**
 * Runs one suite of page/models.js in a browser of its own, so that none inherits another's memory. Gives its result,
 * the bytes sent and the most memory that its process took.
 */
async function call(server, suite, ...args) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on("console", (message) => {
      if (message.type() === "error") console.error(`page: ${message.text()}`);
    });
    server.takeSent();
    await page.goto(`${server.url}/page/models.html`);
    await page.waitForSelector("body[data-ready]", { state: "attached" });
    const result = await page.evaluate(
      ([suite, args]) => globalThis.suites[suite](...args),
      [suite, args],
    );
    return { result, sent: server.takeSent(), peak: await peakMemory(browser) };
  } finally {
    await browser.close();
  }
}

/** Most bytes that the process of the page has had in memory; undefined where there is no /proc. */
async function peakMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const peaks = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => peakOf(id));
  return Math.max(...peaks) || undefined;
}

function peakOf(id) {
  try {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    return 1024 * Number(/^VmHWM:\s*(\d+)/m.exec(status)[1]);
  } catch {
    return 0;
  }
}
