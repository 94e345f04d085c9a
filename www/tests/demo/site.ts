/**
 * The built page on a server of a test's own, which notes what is asked of it, can be stopped, and can be given another
 * version of the page.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../../demo/dist", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".jpg": "image/jpeg",
  ".png": "image/png",
};

export class Site {
  /** What was asked for, with its method. */
  readonly asked: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), "agff-site-"));
    cpSync(dist, folder, { recursive: true });
    const server = createServer((request, response) => {
      const path = normalize(
        decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname),
      );
      site.asked.push(`${request.method} ${path}`);
      const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
      if (!statSync(file, { throwIfNoEntry: false })?.isFile())
        return response.writeHead(404).end();
      const headers = {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "cache-control": "no-cache",
      };
      return response.writeHead(200, headers).end(readFileSync(file));
    });
    const site = new Site(server, folder);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Changes a file of the page. */
  change(path: string, edit: (text: string) => string): void {
    const file = join(this.folder, path);
    const before = readFileSync(file, "utf8");
    const after = edit(before);
    if (after === before) throw new Error(`nothing was changed in ${path}`);
    writeFileSync(file, after);
  }

  /** Is gone from then on, as when there is no network. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
