/** What tests of checkpoints in a page share: a hub with one, its loading, and what is kept of it. */

import type { Page } from "@playwright/test";
import { expect, run, test as base } from "./fixtures";
import { checkpoint, TestHub } from "./hub";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const NAME = "owner/siglip-2";

export const test = base.extend<{ hub: TestHub }>({
  hub: async ({}, use) => {
    const hub = await TestHub.start();
    hub.repositories.set(NAME, { commit: COMMIT, files: checkpoint("siglip-2") });
    await use(hub);
    await hub.stop();
  },
});

interface Asked {
  source?: string;
  device?: "cpu" | "gpu";
  hub?: string;
  dtype?: "f32" | "f16" | "q8" | "q4";
  token?: string;
  revision?: string;
  regions?: number;
  adapter?: string;
  cache?: "opfs" | "memory" | false;
  worker?: boolean;
}

/** Loads in the page, embeds a text, and says what came of it; of an error its code, subject and message. */
export function load(page: Page, { source = NAME, ...options }: Asked) {
  return run(
    page,
    async ({ Agff }, { source, options }) => {
      try {
        const progress: number[] = [];
        const agff = await Agff.load(source, {
          device: "cpu",
          ...options,
          onProgress: ({ phase, loaded, total }) => {
            if (phase === "package") progress.push(loaded / total);
          },
        });
        const { values } = await agff.embedText("a red mug");
        const { cache, name, views, provenance, url, regions } = agff.info;
        await agff.dispose();
        const rising = progress.every((x, i) => x >= (progress[i - 1] ?? 0) - 1e-9 || x < 1e-9);
        return { values: [...values], cache, name, views, provenance, url, regions, rising };
      } catch (error) {
        const { code, subject, message } = error as import("agff").AgffError;
        return { error: { code, subject, message } };
      }
    },
    { source, options },
  );
}

/** What is in the private file system of a package: hashes by path. */
export function kept(page: Page, url: string): Promise<Record<string, string> | undefined> {
  return page.evaluate(async (url) => {
    const root = await navigator.storage.getDirectory();
    const agff = await root.getDirectoryHandle("agff");
    const packages = await agff.getDirectoryHandle("packages");
    const files = await agff.getDirectoryHandle("files");
    for await (const handle of packages.values()) {
      const text = await (await (handle as FileSystemFileHandle).getFile()).text();
      const record = JSON.parse(text) as { key: string; manifest: string };
      if (record.key !== url) continue;
      const manifest = JSON.parse(record.manifest) as { files: { path: string; sha256: string }[] };
      const out: Record<string, string> = {};
      for (const { path, sha256 } of manifest.files) {
        const bytes = await (await (await files.getFileHandle(sha256)).getFile()).arrayBuffer();
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        out[path] = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
      }
      return out;
    }
    return undefined;
  }, url);
}

export function ok<T extends object>(result: T): Exclude<T, { error: unknown }> {
  expect("error" in result ? result.error : undefined).toBeUndefined();
  return result as Exclude<T, { error: unknown }>;
}

export function failed(result: object): { code: string; subject: string; message: string } {
  expect("error" in result).toBe(true);
  return (result as { error: { code: string; subject: string; message: string } }).error;
}
