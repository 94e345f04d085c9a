/** All the ways in which photos come to the page: buttons, dropping, pasting. */

import { byId } from "./dom";
import {
  type Found,
  fromDirectory,
  fromDrop,
  fromFiles,
  fromFolder,
  hasDirectoryPicker,
  pickDirectory,
} from "./files";

/** Gives what comes to `add`. */
export function entrance(add: (found: Found) => void, fail: (error: unknown) => void): void {
  const files = byId<HTMLInputElement>("files");
  const folder = byId<HTMLInputElement>("folder");
  for (const id of ["choose", "empty-files"]) {
    byId(id).addEventListener("click", () => files.click());
  }
  for (const id of ["choose-folder", "empty-folder"]) {
    byId(id).addEventListener("click", () => void chooseFolder(folder, add).catch(fail));
  }
  for (const [input, found] of [
    [files, fromFiles],
    [folder, fromFolder],
  ] as const) {
    input.addEventListener("change", () => {
      const chosen = found(input.files ?? []);
      input.value = "";
      add(chosen);
    });
  }
  document.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    add(fromFiles(pasted));
  });
  dropping(add, fail);
}

// Its files can be read again on a later visit, so it goes before the one that every browser has.
async function chooseFolder(input: HTMLInputElement, add: (found: Found) => void): Promise<void> {
  if (!hasDirectoryPicker()) return input.click();
  const folder = await pickDirectory();
  if (folder) add(await fromDirectory(folder));
}

function dropping(add: (found: Found) => void, fail: (error: unknown) => void): void {
  const over = (is: boolean) => document.body.classList.toggle("dropping", is);
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", (event) => {
    over(false);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    fromDrop(event.dataTransfer).then(add).catch(fail);
  });
}
