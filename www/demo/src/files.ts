/** Finds the photos in what was dropped, chosen or pasted. */

const PHOTO = /\.(jpe?g|png|webp|gif|avif|hei[cf])$/i;

/** A photo to be added. */
export interface Source {
  file: File;
  /** Where it lay in the folder that was given. */
  path?: string;
  /** With which it can be read again later, where the browser has that. */
  handle?: FileSystemFileHandle;
}

export interface Found {
  photos: Source[];
  /** Files of a folder that are not photos by their names; they are left out, and said. */
  others: number;
  /** The folder that they are of, where the browser lets it be read again. */
  folder?: FileSystemDirectoryHandle;
}

/** Files that were chosen one by one are all taken: what is no photo gets its own error. */
export function fromFiles(files: Iterable<File>): Found {
  return { photos: Array.from(files, (file) => ({ file })), others: 0 };
}

/** Of a folder, the files that are photos by their names. */
export function fromFolder(files: Iterable<File>): Found {
  return sift(Array.from(files, (file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** What was dropped: files, and folders with all that is in them. */
export async function fromDrop(data: DataTransfer): Promise<Found> {
  // Both have to be taken before the first await: the list is emptied after the event.
  const items = [...data.items]
    .filter((item) => item.kind === "file")
    .map((item) => ({
      handle: handleOf(item),
      entry: item.webkitGetAsEntry() ?? item.getAsFile(),
    }));
  const found: Found = { photos: [], others: 0 };
  for (const { handle, entry } of items) {
    const part = await fromItem(await handle, entry);
    found.photos.push(...part.photos);
    found.others += part.others;
    if (part.folder) found.folder = part.folder;
  }
  return found;
}

/** A folder that was chosen with the browser's own picker. */
export async function fromDirectory(folder: FileSystemDirectoryHandle): Promise<Found> {
  return { ...sift(await inDirectory(folder, folder.name)), folder };
}

/** Whether the browser has a picker whose files can be read again later. */
export function hasDirectoryPicker(): boolean {
  return "showDirectoryPicker" in window;
}

/** Lets a person choose a folder; undefined if they think better of it. */
export async function pickDirectory(): Promise<FileSystemDirectoryHandle | undefined> {
  const { showDirectoryPicker } = window as unknown as {
    showDirectoryPicker(options: object): Promise<FileSystemDirectoryHandle>;
  };
  try {
    return await showDirectoryPicker.call(window, { id: "photos", mode: "read" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}

async function fromItem(
  handle: FileSystemHandle | undefined,
  entry: FileSystemEntry | File | null,
): Promise<Found> {
  if (handle?.kind === "directory") return fromDirectory(handle as FileSystemDirectoryHandle);
  if (handle?.kind === "file") {
    const file = handle as FileSystemFileHandle;
    return { photos: [{ file: await file.getFile(), handle: file }], others: 0 };
  }
  if (entry instanceof File) return fromFiles([entry]);
  if (entry?.isFile) return fromFiles([await fileOf(entry as FileSystemFileEntry)]);
  return entry ? sift(await inEntry(entry as FileSystemDirectoryEntry)) : { photos: [], others: 0 };
}

function sift(all: readonly Source[]): Found {
  const photos = all.filter(({ file }) => PHOTO.test(file.name));
  return { photos, others: all.length - photos.length };
}

async function inDirectory(folder: FileSystemDirectoryHandle, path: string): Promise<Source[]> {
  const sources: Source[] = [];
  for await (const [name, handle] of entriesOf(folder)) {
    const below = `${path}/${name}`;
    if (handle.kind === "directory") {
      sources.push(...(await inDirectory(handle as FileSystemDirectoryHandle, below)));
    } else {
      const file = handle as FileSystemFileHandle;
      sources.push({ file: await file.getFile(), path: below, handle: file });
    }
  }
  return sources;
}

// The types of the DOM leave these out.
function entriesOf(
  folder: FileSystemDirectoryHandle,
): AsyncIterable<[name: string, handle: FileSystemHandle]> {
  return (folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries();
}

async function handleOf(item: DataTransferItem): Promise<FileSystemHandle | undefined> {
  const { getAsFileSystemHandle } = item as {
    getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
  };
  // It is missing in some browsers, and refuses what was not dragged from a folder.
  return (await getAsFileSystemHandle?.call(item).catch(() => null)) ?? undefined;
}

async function inEntry(folder: FileSystemDirectoryEntry): Promise<Source[]> {
  const reader = folder.createReader();
  const sources: Source[] = [];
  for (;;) {
    // A reader gives at most a hundred entries at a time, and none when it is at its end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return sources;
    for (const entry of entries) {
      if (!entry.isFile) sources.push(...(await inEntry(entry as FileSystemDirectoryEntry)));
      else {
        const file = await fileOf(entry as FileSystemFileEntry);
        sources.push({ file, path: entry.fullPath.replace(/^\//, "") });
      }
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
