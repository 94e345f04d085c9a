/**
 * A folder whose reading was cut short, because the page was closed or lost: on the next visit one click goes
 * on with it. What is read already is known by its content and not read again.
 */

import { byId } from "./dom";
import { type Found, fromDirectory } from "./files";
import { forgetHandles, handleOf, keepHandle, mayRead } from "./handles";

const KEY = "unfinished folder";

export class Unfinished {
  constructor(
    private readonly add: (found: Found) => void,
    private readonly fail: (error: unknown) => void,
  ) {
    byId("go-on").addEventListener("click", () => void this.goOn().catch(fail));
    byId("go-on-not").addEventListener("click", () => this.end());
  }

  /** Notes a folder that is being read. */
  begin(folder: FileSystemDirectoryHandle): void {
    byId("unfinished").hidden = true;
    void keepHandle(KEY, folder);
  }

  /** Notes that all is read, or is not wanted any more. */
  end(): void {
    byId("unfinished").hidden = true;
    void forgetHandles([KEY]);
  }

  /** Offers to go on with what was left on an earlier visit. */
  async offer(): Promise<void> {
    const folder = await handleOf<FileSystemDirectoryHandle>(KEY);
    if (!folder) return;
    byId("unfinished-text").textContent =
      `The folder “${folder.name}” was not read to its end the last time.`;
    byId("unfinished").hidden = false;
  }

  private async goOn(): Promise<void> {
    const folder = await handleOf<FileSystemDirectoryHandle>(KEY);
    if (!folder || !(await mayRead(folder, true))) {
      this.fail(new Error("The folder may not be read any more; add it again."));
      return;
    }
    this.add(await fromDirectory(folder));
  }
}
