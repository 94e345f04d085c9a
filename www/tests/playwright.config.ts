/**
 * The page, the npm package and the examples in Debian's Chromium, on SwiftShader: a software GPU, which is
 * there to show that the GPU engine is right, not that it is fast.
 */

import { defineConfig } from "@playwright/test";

const port = Number(process.env["AGFF_TEST_PORT"] ?? 4517);
const target = process.env["CARGO_TARGET_DIR"] ?? "../../target";

/** Judged by time or memory, so nothing else may run beside them. */
const MEASURED = [
  "demo/large.spec.ts",
  "demo/opening.spec.ts",
  "index/speed.spec.ts",
  "package/abort-time.spec.ts",
  "package/responsive.spec.ts",
  "page/memory.spec.ts",
];

export default defineConfig({
  testDir: ".",
  projects: [
    {
      name: "together",
      testMatch: "{page,demo,package,index,examples}/*.spec.ts",
      testIgnore: MEASURED,
    },
    { name: "alone", testMatch: MEASURED },
    // Of `make test-long`.
    { name: "long", testMatch: "long/*.spec.ts" },
  ],
  outputDir: "../test-results",
  // One after the other, unless it is said otherwise: `npm test` takes two workers for the first project.
  workers: 1,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--headless=new",
        "--no-sandbox",
        "--enable-unsafe-webgpu",
        "--use-webgpu-adapter=swiftshader",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
      ],
    },
    screenshot: "only-on-failure",
    trace: "off",
  },
  webServer: {
    command: [
      `node ../serve.mjs ../demo/dist --port ${port}`,
      // For the comparison with the golden cases: the wrapper, the cases, and their packages.
      "--mount /agff=../package",
      "--mount /golden=../../tests/parity/golden",
      `--mount "/packages=${target}/parity"`,
    ].join(" "),
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
  },
});
