/**
 * A small static server for the built page, for `make demo` and the tests.
 *
 *     node serve.mjs DIR [--port 5173] [--mount /name=DIR]… [--isolated]
 *
 * It answers ranges, as packages are read by range, and knows the types that matter. It listens on
 * this machine only. With --isolated its pages are cross-origin isolated, so that their workers may share memory.
 */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
};

/** What isolates a page: no window of another origin shares its process, and it loads nothing that does not allow it. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const { root, port, mounts, isolated } = parse(process.argv.slice(2));

const server = createServer((request, response) => {
  const file = find(request.url ?? "/");
  if (!file) return end(response, 404, "there is no such file\n");
  if (request.method !== "GET" && request.method !== "HEAD") return end(response, 405, "");
  const { path, size } = file;
  const headers = {
    "content-type": TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
    ...(isolated && ISOLATION),
  };
  const range = parseRange(request.headers.range, size);
  if (range === "bad") {
    return end(response, 416, "", { "content-range": `bytes */${size}` });
  }
  const [first, last] = range ?? [0, size - 1];
  headers["content-length"] = last - first + 1;
  if (range) headers["content-range"] = `bytes ${first}-${last}/${size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === "HEAD" || size === 0) return response.end();
  createReadStream(path, { start: first, end: last })
    .on("error", () => response.destroy())
    .pipe(response);
});

server.on("error", (error) => {
  console.error(
    error.code === "EADDRINUSE"
      ? `port ${port} is taken; choose another (make demo PORT=5174)`
      : `${error}`,
  );
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => {
  console.log(`serving ${root} at http://localhost:${server.address().port}/  (Ctrl-C ends it)`);
});

function parse(args) {
  const result = { root: undefined, port: 5173, mounts: [], isolated: false };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--port") {
      result.port = Number(args[++i]);
    } else if (args[i] === "--isolated") {
      result.isolated = true;
    } else if (args[i] === "--mount") {
      const [prefix, dir] = (args[++i] ?? "").split("=");
      if (!prefix?.startsWith("/") || !dir) usage(`--mount expects /name=DIR`);
      result.mounts.push([`${prefix}/`, resolve(dir)]);
    } else {
      result.root = resolve(args[i]);
    }
  }
  if (!result.root || !Number.isInteger(result.port)) usage("expected a folder");
  return result;
}

function usage(problem) {
  console.error(`${problem}\nusage: node serve.mjs DIR [--port N] [--mount /name=DIR]…`);
  process.exit(2);
}

function find(url) {
  let path;
  try {
    path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
  } catch {
    return undefined;
  }
  const mount = mounts.find(([prefix]) => path.startsWith(prefix));
  const base = mount?.[1] ?? root;
  const full = join(base, mount ? path.slice(mount[0].length) : path);
  if (full !== base && !full.startsWith(base + sep)) return undefined;
  for (const candidate of [full, join(full, "index.html")]) {
    try {
      const stat = statSync(candidate, { throwIfNoEntry: false });
      if (stat?.isFile()) return { path: candidate, size: stat.size };
    } catch {
      // No file can have this name.
    }
  }
  return undefined;
}

/** `[first, last]`, undefined when the whole file is wanted, or "bad" when nothing of it is. */
function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const first = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first > last ? "bad" : [first, last];
}

function end(response, status, text, headers = {}) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
  response.end(text);
}
