/**
 * A model family that only the tests know (`tests/toy`), in Chromium: with an engine that is built for it
 * (`scripts/wasm.sh --toy cpu`) and the package that the native tests leave behind. Part of `make test-long`.
 */

import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

const port = Number(process.env["AGFF_TEST_PORT"] ?? 4518);
const target = process.env["CARGO_TARGET_DIR"] ?? "../../target";

export default defineConfig({
  ...base,
  testDir: ".",
  outputDir: "../../test-results",
  testMatch: ["*.spec.ts"],
  projects: [{ name: "toy" }],
  use: { ...base.use, baseURL: `http://localhost:${port}/` },
  webServer: {
    command: [
      `node ../../serve.mjs ../../demo/dist --port ${port}`,
      `--mount "/agff/engines/cpu=../${target}/toy/engines/cpu"`,
      "--mount /agff=../../package",
      `--mount "/packages=../${target}/parity"`,
    ].join(" "),
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
  },
});
