import { cpSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const models = fileURLToPath(new URL("../../models", import.meta.url));

// The built page is a plain folder with the model in it, which any static server can serve. It may
// talk to its own server only: that photos are not uploaded is enforced, not merely promised.
const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

function page(): Plugin {
  return {
    name: "agff-page",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: CSP },
        injectTo: "head-prepend",
      },
    ],
    closeBundle() {
      if (existsSync(models)) cpSync(models, "dist/models", { recursive: true });
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [page()],
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  optimizeDeps: { exclude: ["agff"] },
});
