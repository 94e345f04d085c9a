import type { EngineName } from "./src/offline";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { copy, models } from "../package/scripts/models.mjs";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The built page is a plain folder with the model in it, which any static server can serve. It may
// talk to its own server only, and to the hub whose models it offers: that photos are not uploaded is enforced, not
// merely promised. Who serves models from elsewhere names the places in AGFF_MODEL_ORIGINS, separated by spaces, or
// nothing, for a page that may not even ask the hub.
const HUB = "https://huggingface.co https://*.huggingface.co https://*.hf.co";
const CSP = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  `connect-src 'self' blob: ${process.env["AGFF_MODEL_ORIGINS"] ?? HUB}`.trim(),
  "object-src 'none'",
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
    // The library knows where its own copies of the models are, and bundlers ship those; this page takes its
    // model from the folder beside it, as any other.
    generateBundle(_, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        const from = file.type === "asset" ? file.originalFileNames : [];
        if (from.some((path) => path.includes("package/models/"))) delete bundle[name];
      }
    },
    closeBundle() {
      for (const model of models()) copy(model, here(`dist/models/${model.name}`));
    },
  };
}

/** Writes the list of the page's files into the service worker. The model is not one of them. */
function offline(): Plugin {
  return {
    name: "agff-offline",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const files: Record<Part, string[]> = { page: [], gpu: [], cpu: [], "cpu-threads": [] };
      const hash = createHash("sha256");
      const all = Object.values(bundle).filter(({ fileName }) => fileName !== "sw.js");
      const contentOf = (file: (typeof all)[number]) =>
        file.type === "asset" ? file.source : file.code;
      for (const file of all) {
        // An engine's program is the matter of the scripts that name it.
        const users = all.filter(
          (other) => other.fileName.endsWith(".js") && nameIn(contentOf(other), file.fileName),
        );
        const names = file.fileName.endsWith(".wasm") ? users : [file];
        files[partOf(names.map(({ fileName }) => fileName))].push(file.fileName);
        hash.update(file.fileName).update(contentOf(file));
      }
      for (const path of filesBelow(here("public"))) {
        files.page.push(path);
        hash.update(path).update(readFileSync(join(here("public"), path)));
      }
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("the service worker is not in the bundle");
      const version = hash.digest("hex").slice(0, 12);
      const { page, ...engines } = files;
      worker.code = worker.code.replace("__FILES__", JSON.stringify({ version, page, engines }));
    },
  };
}

type Part = "page" | EngineName;

/** The engines, their glue and workers are wanted where that engine is used only. */
function partOf(names: readonly string[]): Part {
  const parts = new Set(
    names.map((name) => {
      if (/worker-thread-/.test(name)) return "cpu-threads";
      return /(?:worker|engine)-(cpu-threads|cpu|gpu)/.exec(name)?.[1] ?? "page";
    }),
  );
  const [part = "page", other] = parts;
  return other === undefined ? (part as Part) : "page";
}

function nameIn(content: string | Uint8Array, path: string): boolean {
  return typeof content === "string" && content.includes(path.split("/").at(-1) ?? path);
}

function filesBelow(folder: string, path = ""): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const below = path ? `${path}/${entry.name}` : entry.name;
    return entry.isDirectory() ? filesBelow(folder, below) : [below];
  });
}

export default defineConfig({
  base: "./",
  define: {
    // What the page loads at first. Without the model of photos it is of some use, with drawings.
    DEFAULT_MODEL: JSON.stringify(models()[0]?.name),
  },
  plugins: [page(), offline()],
  worker: { format: "es" },
  build: {
    target: "es2022",
    // The oldest browsers that have what the library needs.
    cssTarget: ["chrome100", "firefox114", "safari16.4"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: here("index.html"), sw: here("src/sw.ts") },
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  optimizeDeps: { exclude: ["agff"] },
});
