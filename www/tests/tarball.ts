/** What `npm pack` makes of the package, and what tests need to install and to serve it. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The strictest policy that the library works under. */
export const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

const PACKAGE = fileURLToPath(new URL("../package", import.meta.url));
const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
};

/** The packed package, in a folder for the projects of the tests. */
export interface Packed {
  folder: string;
  tarball: string;
}

let packed: Packed | undefined;

/** Packs the package, once for all tests of this process, which removes the folder when it ends. */
export function pack(): Packed {
  return (packed ??= packInto(mkdtempSync(join(tmpdir(), "agff-tarball-"))));
}

function packInto(folder: string): Packed {
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const told = npm(PACKAGE, ...args);
  const [first] = Object.values(JSON.parse(told) as Record<string, { filename: string }>);
  return { folder, tarball: join(folder, first!.filename) };
}

/** Installs a project's packages, with the packed one in the place of the published one. */
export function install(project: string, tarball: string): void {
  // The registry is asked only about what earlier installations have not brought.
  const options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  npm(project, "install", ...options, tarball);
}

/** What npm prints; throws when it fails. */
export function npm(cwd: string, ...args: string[]): string {
  try {
    const env = { ...process.env, npm_config_update_notifier: "false" };
    return execFileSync("npm", args, {
      cwd,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`npm ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  }
}

/** What `npm publish --dry-run` says about the package: its exit status, and its warnings and errors. */
export function publishDryRun(): { status: number | null; complaints: string[] } {
  const { status, stderr } = spawnSync("npm", ["publish", "--dry-run", "--ignore-scripts"], {
    cwd: PACKAGE,
    env: { ...process.env, npm_config_update_notifier: "false", npm_config_loglevel: "notice" },
    encoding: "utf8",
  });
  return {
    status,
    complaints: stderr.split("\n").filter((line) => /^npm (warn|error)/i.test(line)),
  };
}

/** A folder with the policy on every answer, a worker's script too, whose own policy that is. */
export async function serve(
  site: string,
  policy = POLICY,
): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    // Browsers ask for it unasked, and call it an error when there is none.
    if (path === "/favicon.ico") return void response.writeHead(204).end();
    const file = join(site, path === "/" ? "index.html" : decodeURIComponent(path));
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      return void response.writeHead(404).end();
    }
    const headers = {
      "content-security-policy": policy,
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    };
    response.writeHead(200, headers).end(readFileSync(file));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () => (server.closeAllConnections(), server.close()),
  };
}
