/**
 * A server of the tests' own for one test: it notes what is asked of it, and fails on demand. Beside it
 * the package's files, the models and the sample photos it serves an empty page.
 */

import { once } from "node:events";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".jpg": "image/jpeg",
};
const PAGE = "<!doctype html><title>test</title><link rel=icon href=data:,><body></body>";

/** A request that was made. */
export interface Asked {
  path: string;
  /** The `Range` header, or an empty string. */
  range: string;
}

/** What to do otherwise than to serve the file. */
export interface Trouble {
  /** Breaks the connection after so many bytes of the body. */
  breakAfter?: number;
  /** Sends so many bytes of the body and then nothing more. */
  stallAfter?: number;
  /** Sends the whole file with a 200 also when a range is asked for. */
  ignoreRange?: boolean;
  /** Sends this instead of the file's bytes. */
  body?: Buffer;
  /** Sends this in front of the file. */
  prepend?: string;
  /** Waits before it answers. */
  wait?: Promise<unknown>;
}

export class TestServer {
  readonly asked: Asked[] = [];
  /** Whether its pages are cross-origin isolated. */
  isolated = false;
  /** Asked for every request; what it gives is done to the answer. */
  trouble: (asked: Asked) => Trouble | undefined = () => undefined;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(): Promise<TestServer> {
    const server = new TestServer();
    await new Promise<void>((ready) => server.server.listen(0, "127.0.0.1", ready));
    return server;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** The requests for files of packages, without the manifest. */
  get files(): Asked[] {
    return this.asked.filter(({ path }) => /\.safetensors$|tokenizer\.json$/.test(path));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const asked = { path, range: request.headers.range ?? "" };
    this.asked.push(asked);
    const trouble = this.trouble(asked) ?? {};
    await trouble.wait;
    const headers: Record<string, string | number> = {
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      "cache-control": "no-cache",
      ...(this.isolated && {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }),
    };
    if (path === "/") {
      headers["content-type"] = TYPES[".html"]!;
      return void response.writeHead(200, headers).end(PAGE);
    }
    const file = locate(path);
    if (trouble.body !== undefined || trouble.prepend !== undefined) {
      const text = trouble.body ?? trouble.prepend + readFileSync(file ?? "", "utf8");
      return void response.writeHead(200, headers).end(text);
    }
    if (!file) return void response.writeHead(404).end();
    const { size } = statSync(file);
    const range = trouble.ignoreRange ? null : /^bytes=(\d+)-(\d*)$/.exec(asked.range);
    const start = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Number(range[2]) : size - 1;
    headers["content-length"] = end - start + 1;
    if (range) headers["content-range"] = `bytes ${start}-${end}/${size}`;
    response.writeHead(range ? 206 : 200, headers);
    const most = trouble.breakAfter ?? trouble.stallAfter;
    if (most === undefined) {
      createReadStream(file, { start, end }).pipe(response);
      return;
    }
    response.flushHeaders();
    if (most > 0) {
      const part = createReadStream(file, { start, end: start + most - 1 });
      part.pipe(response, { end: false });
      await once(part, "end");
      // Until the bytes are out: a connection that is cut at once takes them with it.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    if (trouble.breakAfter !== undefined) response.destroy();
  }
}

function locate(path: string): string | undefined {
  const places: [prefix: string, folder: string][] = [
    ["/agff/", "www/package"],
    ["/models/", "models"],
    ["/samples/", "www/demo/public/samples"],
  ];
  const place = places.find(([prefix]) => path.startsWith(prefix));
  if (!place || path.includes("..")) return undefined;
  const file = join(root, place[1], path.slice(place[0].length));
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? file : undefined;
}
