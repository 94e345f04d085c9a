/** Where the cells of a virtualised grid are: pure arithmetic. */

export interface Layout {
  readonly columns: number;
  readonly rows: number;
  /** Pixels of a cell, without the gap. */
  readonly cellWidth: number;
  /** Pixels of a row, with the gap. */
  readonly rowHeight: number;
}

export interface CellShape {
  /** The least width of a cell in pixels. */
  readonly least: number;
  readonly gap: number;
  /** Height of what is below the picture. */
  readonly caption: number;
}

/** Lays `count` cells out in a width; pictures are four by three. */
export function layOut(count: number, width: number, { least, gap, caption }: CellShape): Layout {
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)));
  const cellWidth = Math.max(1, (width - gap * (columns - 1)) / columns);
  const rowHeight = Math.round(cellWidth * 0.75) + caption + gap;
  return { columns, rows: Math.ceil(count / columns), cellWidth, rowHeight };
}

/** The rows that meet the pixels from `top` to `bottom`, and some on either side. */
export function rowsBetween(
  { rows, rowHeight }: Layout,
  top: number,
  bottom: number,
  beyond: number,
): [first: number, end: number] {
  const first = Math.max(0, Math.min(rows, Math.floor(top / rowHeight) - beyond));
  const end = Math.min(rows, Math.max(first, Math.ceil(bottom / rowHeight) + beyond));
  return [first, end];
}

/** Where a key leads from a cell; undefined for keys that lead nowhere. */
export function move(
  key: string,
  control: boolean,
  from: number,
  count: number,
  columns: number,
  page: number,
): number | undefined {
  const last = count - 1;
  const column = from % columns;
  const within = (index: number) => Math.max(0, Math.min(last, index));
  switch (key) {
    case "ArrowRight":
      return within(from + 1);
    case "ArrowLeft":
      return within(from - 1);
    case "ArrowDown":
      // The last row may be short.
      return from + columns <= last || Math.floor(last / columns) > Math.floor(from / columns)
        ? within(from + columns)
        : from;
    case "ArrowUp":
      return from >= columns ? from - columns : from;
    case "Home":
      return control ? 0 : from - column;
    case "End":
      return control ? last : within(from - column + columns - 1);
    case "PageDown":
      return within(from + page * columns);
    case "PageUp":
      return from - page * columns >= 0 ? from - page * columns : column;
    default:
      return undefined;
  }
}
