/**
 * The service worker: the page without a network. It keeps all files of one version of the page together, and gives
 * them all from there, so that no page is ever made of two versions. The build writes the list of the files in
 * here. The model is not its matter, and of the engines it keeps the one that it is told of.
 */

import type { EngineName } from "./offline";

/** The files of this version by what they are for; the build puts them in the place of this. */
declare const __FILES__: { version: string; page: string[]; engines: Record<EngineName, string[]> };

interface Waitable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchLike extends Waitable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface MessageLike extends Waitable {
  readonly data: { keep?: EngineName; skipWaiting?: boolean };
  readonly ports: readonly MessagePort[];
}

/** The little of the worker's global scope that is needed; the window's types lack it. */
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Waitable) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchLike) => void): void;
  addEventListener(type: "message", listener: (event: MessageLike) => void): void;
}

const scope = globalThis as unknown as Scope;
const { version, page, engines } = __FILES__;
const PREFIX = "agff-page-";
const NAME = `${PREFIX}${version}`;

const urlOf = (path: string) => new URL(path, scope.registration.scope).href;
const known = new Set([...page, ...Object.values(engines).flat()].map(urlOf));

scope.addEventListener("install", (event) => event.waitUntil(add(page)));

scope.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
      }
      await scope.clients.claim();
    })(),
  );
});

scope.addEventListener("message", (event) => {
  const { data, ports } = event;
  if (data.skipWaiting) event.waitUntil(scope.skipWaiting());
  if (!data.keep) return;
  const kept = add(engines[data.keep]).then(
    () => ports[0]?.postMessage({}),
    (error: unknown) => ports[0]?.postMessage({ error: String(error) }),
  );
  event.waitUntil(kept);
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  url.search = url.hash = "";
  if (request.mode === "navigate" && url.href === scope.registration.scope)
    url.pathname += "index.html";
  if (known.has(url.href)) event.respondWith(answer(url.href, request));
});

async function answer(url: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(url)) ?? fetch(request);
}

/** Keeps files that are not kept yet. */
async function add(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(NAME);
  const old = await caches.keys();
  for (const url of paths.map(urlOf)) {
    if (await cache.match(url)) continue;
    // A file with a hash in its name is the same in all versions.
    const same = /-[\w-]{8}\.\w+$/.test(url) ? await fromOthers(old, url) : undefined;
    const response = same ?? (await fetch(url, { cache: "no-cache" }));
    if (!response.ok) throw new Error(`${url}: the server answered ${response.status}`);
    await cache.put(url, response);
  }
}

async function fromOthers(names: readonly string[], url: string): Promise<Response | undefined> {
  for (const name of names) {
    if (!name.startsWith(PREFIX)) continue;
    const response = await (await caches.open(name)).match(url);
    if (response) return response;
  }
  return undefined;
}
