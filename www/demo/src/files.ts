/** Finds the photos in what was dropped, chosen or pasted. */

const PHOTO = /\.(jpe?g|png|webp|gif)$/i;

export interface Found {
  photos: File[];
  /** Files of a folder that are not photos by their names; they are left out, and said. */
  others: number;
}

/** Files that were chosen one by one are all taken: what is no photo gets its own error. */
export function fromFiles(files: Iterable<File>): Found {
  return { photos: [...files], others: 0 };
}

/** Of a folder, the files that are photos by their names. */
export function fromFolder(files: Iterable<File>): Found {
  const all = [...files];
  const photos = all.filter((file) => PHOTO.test(file.name));
  return { photos, others: all.length - photos.length };
}

/** What was dropped: files, and folders with all that is in them. */
export async function fromDrop(data: DataTransfer): Promise<Found> {
  // Entries have to be taken before the first await: the list is emptied after the event.
  const entries = [...data.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found: Found = { photos: [], others: 0 };
  for (const entry of entries) {
    if (entry instanceof File) {
      found.photos.push(entry);
    } else if (entry?.isFile) {
      found.photos.push(await fileOf(entry as FileSystemFileEntry));
    } else if (entry) {
      const inside = fromFolder(await filesIn(entry as FileSystemDirectoryEntry));
      found.photos.push(...inside.photos);
      found.others += inside.others;
    }
  }
  return found;
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  for (;;) {
    // A reader gives at most a hundred entries at a time, and none when it is at its end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (entry.isFile) files.push(await fileOf(entry as FileSystemFileEntry));
      else files.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
