/** Small pictures for the map, read when they are needed and kept while they may be needed again. */

/** Pixels of the longer side. */
const SIZE = 128;

/** Pictures that are kept. */
const MOST = 500;

/** How many are read at once. */
const AT_ONCE = 4;

export class Pictures {
  private readonly kept = new Map<string, ImageBitmap | undefined>();
  private readonly wanted = new Set<string>();
  private running = 0;

  constructor(
    private readonly read: (id: string) => Promise<Blob | undefined>,
    private readonly arrived: () => void,
  ) {}

  /** The picture if it is there; else it is asked for. */
  get(id: string): ImageBitmap | undefined {
    const picture = this.kept.get(id);
    if (this.kept.has(id)) {
      // Used last, thrown away last.
      this.kept.delete(id);
      this.kept.set(id, picture);
    } else {
      this.wanted.add(id);
      this.next();
    }
    return picture;
  }

  clear(): void {
    this.wanted.clear();
    for (const picture of this.kept.values()) picture?.close();
    this.kept.clear();
  }

  private next(): void {
    while (this.running < AT_ONCE) {
      const id = [...this.wanted].at(-1);
      if (id === undefined) return;
      this.wanted.delete(id);
      this.running++;
      void this.bring(id).finally(() => {
        this.running--;
        this.next();
      });
    }
  }

  private async bring(id: string): Promise<void> {
    const blob = await this.read(id).catch(() => undefined);
    const picture = blob && (await decode(blob));
    this.kept.set(id, picture);
    for (const [old, unused] of this.kept) {
      if (this.kept.size <= MOST) break;
      unused?.close();
      this.kept.delete(old);
    }
    this.arrived();
  }
}

async function decode(blob: Blob): Promise<ImageBitmap | undefined> {
  try {
    return await createImageBitmap(blob, { resizeWidth: SIZE, resizeQuality: "medium" });
  } catch {
    return undefined;
  }
}
