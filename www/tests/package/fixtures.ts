/** What every test of the package needs: a server of its own, an empty page on it, and the library in it. */

import { test as base, expect, type Page } from "@playwright/test";
import type * as Library from "agff";
import { TestServer } from "./server";

export { expect };

/** A test with a server and with an empty page of that server. */
export const test = base.extend<{ server: TestServer; empty: Page }>({
  server: async ({}, use) => {
    const server = await TestServer.start();
    await use(server);
    await server.stop();
  },
  empty: async ({ page, server }, use) => {
    await page.goto(server.url);
    await use(page);
  },
});

/**
 * Runs a function in a page with the library. It is sent as text, so it must not use anything from
 * around it.
 */
export function run<A, R>(
  page: Page,
  work: (library: typeof Library, argument: A) => Promise<R>,
  argument: A,
): Promise<R> {
  return page.evaluate(
    async ({ source, argument }) => {
      const path = new URL("/agff/dist/index.js", location.origin).href;
      const library = (await import(path)) as typeof Library;
      return (0, eval)(`(${source})`)(library, argument) as Promise<R>;
    },
    { source: work.toString(), argument },
  );
}

/** A file of the test's own. */
export interface SentFile {
  name: string;
  type: string;
  base64: string;
}
