/**
 * A server that behaves as a model hub does: listings, redirects of large files to another origin, lengths and hashes,
 * ranges, tokens, CORS, and what goes wrong with them. It has the checkpoints that the native tests wrote.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const target =
  process.env["CARGO_TARGET_DIR"] ?? fileURLToPath(new URL("../../../target", import.meta.url));

const golden = fileURLToPath(new URL("../../../tests/parity/golden", import.meta.url));

/** Files from this length on are stored apart, and have their hash listed. */
const LARGE = 4096;

/** A repository. */
export interface Repository {
  commit: string;
  files: Map<string, Buffer>;
  /** The token that it asks for. */
  token?: string;
}

/** A request that was made. */
export interface HubAsked {
  path: string;
  range: string;
  token: string;
}

/** The files of a checkpoint of the golden cases. */
export function checkpoint(name: string): Map<string, Buffer> {
  return filesOf(checkpointFolder(name));
}

/** The folder of a checkpoint of the golden cases. */
export function checkpointFolder(name: string): string {
  return join(target, "parity/checkpoints", name);
}

/** The files of the package that the command line makes of it. */
export function nativePackage(name: string): Map<string, Buffer> {
  return filesOf(join(target, "parity", name));
}

/** The files of the adapter that belongs to a checkpoint of the golden cases. */
export function adapterOf(name: string): Map<string, Buffer> {
  return filesOf(join(golden, name, "adapter"));
}

function filesOf(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(folder, path), readFileSync(path)];
    }),
  );
}

/** The manifest of the package that the command line makes of it. */
export function nativeManifest(name: string): { files: { path: string; sha256: string }[] } {
  const path = join(target, "parity", name, "agff.json");
  return JSON.parse(readFileSync(path, "utf8")) as ReturnType<typeof nativeManifest>;
}

export class TestHub {
  readonly asked: HubAsked[] = [];
  readonly repositories = new Map<string, Repository>();
  /** Files by their path below `/plain/`, of a server that is no hub. */
  plain = new Map<string, Buffer>();
  /** How often it says that it was asked too often. */
  tooMany = 0;
  /** Bodies of large files end after so many bytes, so often. */
  cut = { after: 0, times: 0 };
  /** Milliseconds before each 64 KiB of a large file. */
  slow = 0;
  withoutRanges = false;
  damaged = false;
  /** Whether connections are refused. */
  silent = false;

  private constructor(
    private readonly front: Server,
    private readonly store: Server,
  ) {}

  static async start(): Promise<TestHub> {
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      void hub.answer(request, response);
    const servers = [createServer(answer), createServer(answer)] as const;
    const hub = new TestHub(...servers);
    await Promise.all(
      servers.map((one) => new Promise<void>((ready) => one.listen(0, "127.0.0.1", ready))),
    );
    return hub;
  }

  get url(): string {
    return `http://localhost:${(this.front.address() as AddressInfo).port}`;
  }

  /** Bytes that were asked for of large files. */
  take(): HubAsked[] {
    return this.asked.splice(0);
  }

  async stop(): Promise<void> {
    for (const server of [this.front, this.store]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.silent) return void request.socket.destroy();
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = decodeURIComponent(url.pathname);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "authorization, range");
    response.setHeader("access-control-expose-headers", "etag, content-range, retry-after");
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    this.asked.push({ path: path + url.search, range: request.headers.range ?? "", token });
    if (this.tooMany > 0) {
      this.tooMany--;
      return void response.writeHead(429, { "retry-after": "1" }).end();
    }
    const listing = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/(.+)$/.exec(path);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const name = listing?.[1] ?? file?.[1];
    if (name !== undefined) {
      const repository = this.repositories.get(name);
      // A hub does not say of a stranger's question whether there is such a model.
      if (repository?.token !== undefined && token !== repository.token) {
        return void response.writeHead(token ? 403 : 401).end();
      }
      if (!repository || !["main", repository.commit].includes((listing ?? file)![2]!)) {
        return void response.writeHead(404).end();
      }
      if (listing) return void response.end(JSON.stringify(listed(repository)));
      const body = repository.files.get(file![3]!);
      if (!body) return void response.writeHead(404).end();
      if (body.byteLength < LARGE) return this.send(response, request, body, false);
      const port = (this.store.address() as AddressInfo).port;
      const location = `http://127.0.0.1:${port}/store/${name}/${file![3]!}`;
      return void response.writeHead(302, { location }).end();
    }
    const stored = /^\/store\/([^/]+\/[^/]+)\/(.+)$/.exec(path);
    const body = stored
      ? this.repositories.get(stored[1]!)?.files.get(stored[2]!)
      : this.plain.get(path.replace("/plain/", ""));
    if (!body) return void response.writeHead(404).end();
    return this.send(response, request, body, true);
  }

  private async send(
    response: ServerResponse,
    request: IncomingMessage,
    whole: Buffer,
    large: boolean,
  ): Promise<void> {
    let body = whole;
    if (this.damaged && large && whole.byteLength > 100_000) {
      body = Buffer.from(whole);
      body[body.byteLength - 1]! ^= 1;
    }
    const range = this.withoutRanges ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const start = range ? Number(range[1]) : 0;
    const part = body.subarray(start);
    const headers: Record<string, string | number> = {
      "content-length": part.byteLength,
      etag: `"${sha256(whole)}"`,
    };
    if (range)
      headers["content-range"] = `bytes ${start}-${body.byteLength - 1}/${body.byteLength}`;
    response.writeHead(range ? 206 : 200, headers);
    if (request.method === "HEAD") return void response.end();
    const cut = large && part.byteLength > this.cut.after && this.cut.times > 0;
    if (cut) this.cut.times--;
    const until = cut ? this.cut.after : part.byteLength;
    for (let at = 0; at < until; at += 65_536) {
      if (this.slow > 0 && large) await new Promise((resolve) => setTimeout(resolve, this.slow));
      if (response.destroyed) return;
      const more = response.write(part.subarray(at, Math.min(until, at + 65_536)));
      if (!more) await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    if (cut) setTimeout(() => response.destroy(), 100);
    else response.end();
  }
}

function listed({ commit, files }: Repository): object {
  const siblings = [...files].map(([rfilename, body]) => ({
    rfilename,
    size: body.byteLength,
    ...(body.byteLength < LARGE ? {} : { lfs: { sha256: sha256(body), size: body.byteLength } }),
  }));
  return { sha: commit, siblings };
}

function sha256(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}
