/**
 * Where the photos themselves can be read again. The library keeps small pictures and vectors only; a
 * photo is at hand while the page that took it is open, and later where the browser lets a page
 * keep a handle to a file and the person still allows it.
 */

import type { Source } from "./files";
import { forgetHandles, handleOf, keepHandle, mayRead } from "./handles";

export class Originals {
  private readonly files = new Map<string, File>();

  keep(id: string, { file, handle }: Source): void {
    this.files.set(id, file);
    if (handle) void keepHandle(id, handle);
  }

  /** The photo, if it can be read without asking. */
  async read(id: string): Promise<File | undefined> {
    const kept = this.files.get(id);
    if (kept && (await isReadable(kept))) return kept;
    const handle = await handleOf<FileSystemFileHandle>(id);
    if (!handle || !(await mayRead(handle, false))) return undefined;
    return handle.getFile().catch(() => undefined);
  }

  /**
   * Asks for those that could be read if the person allowed it; a browser asks once for a folder.
   * Has to be called from a click.
   */
  async ask(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.files.has(id)) continue;
      const handle = await handleOf(id);
      if (handle && !(await mayRead(handle, true))) return;
    }
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.files.delete(id);
    await forgetHandles(ids);
  }
}

async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}
