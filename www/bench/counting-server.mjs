/**
 * A static server that counts the bytes that it sends. Its pages can be isolated from other origins, so that they may
 * share memory between threads.
 */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { once } from "node:events";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".jpg": "image/jpeg",
  ".wasm": "application/wasm",
};

/** Serves the folders of `mounts`, by the first part of the path. */
export async function serve(mounts, isolated) {
  let sent = 0;
  const server = createServer((request, response) => {
    const file = find(mounts, request.url);
    const headers = {
      ...(isolated && {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }),
      "cache-control": "no-store",
      "accept-ranges": "bytes",
      "content-type": TYPES[extname(file?.path ?? "")] ?? "application/octet-stream",
    };
    if (!file) return response.writeHead(404, headers).end("there is no such file\n");
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const first = range ? Number(range[1]) : 0;
    const last = range?.[2] ? Math.min(Number(range[2]), file.size - 1) : file.size - 1;
    headers["content-length"] = last - first + 1;
    if (range) headers["content-range"] = `bytes ${first}-${last}/${file.size}`;
    response.writeHead(range ? 206 : 200, headers);
    if (request.method === "HEAD" || file.size === 0) return response.end();
    createReadStream(file.path, { start: first, end: last, highWaterMark: 1 << 20 })
      .on("data", (chunk) => (sent += chunk.length))
      .on("error", () => response.destroy())
      .pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://localhost:${server.address().port}`,
    /** Bytes sent since this was asked last. */
    takeSent() {
      const bytes = sent;
      sent = 0;
      return bytes;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function find(mounts, url) {
  const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname));
  const [, name] = path.split("/");
  const root = mounts[name];
  const full = root && join(root, path.slice(name.length + 1));
  if (!full?.startsWith(root + sep)) return undefined;
  const stat = statSync(full, { throwIfNoEntry: false });
  return stat?.isFile() ? { path: full, size: stat.size } : undefined;
}
