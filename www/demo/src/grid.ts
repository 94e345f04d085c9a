/**
 * The photos as a grid of which only the rows on the screen are elements. The page itself scrolls. One cell
 * at a time is in the tab order (a roving tabindex), and keeps its elements while it is off the screen.
 */

import { attributes, make } from "./dom";
import { type CellShape, type Layout, layOut, move, rowsBetween } from "./layout";
import { onceAFrame } from "./signal";

/** What the grid shows; the same key means the same cell. */
export interface GridItem {
  readonly key: string;
}

export interface GridOptions<T extends GridItem> {
  label: string;
  /** Fills a cell; called again when an item with the same key has changed. */
  render(cell: HTMLElement, item: T): void;
  open(item: T): void;
  /** Picks an item, or gives it up: by its mark (an element of the class `pick`), or with Ctrl or Shift. */
  pick(item: T): void;
  /** A key that the grid itself has no use for. */
  onKey?(event: KeyboardEvent, item: T): void;
}

/** Rows that are kept above and below the screen. */
const BEYOND = 2;

/** Milliseconds in which rows are made in one frame. */
const BUDGET = 10;

interface Cell<T> {
  element: HTMLElement;
  item: T;
  index: number;
}

export class Grid<T extends GridItem> {
  private items: readonly T[] = [];
  private layout: Layout = layOut(0, 1, { least: 1, gap: 0, caption: 0 });
  private readonly rows = new Map<number, HTMLElement>();
  private readonly cells = new Map<string, Cell<T>>();
  private active = 0;
  private activeKey: string | undefined;
  private marked: string | undefined;
  private readonly draw = onceAFrame(() => this.render());

  constructor(
    private readonly host: HTMLElement,
    private readonly options: GridOptions<T>,
  ) {
    attributes(host, { role: "grid", "aria-label": options.label });
    addEventListener("scroll", this.draw, { passive: true });
    new ResizeObserver(() => this.relayout()).observe(host);
    host.addEventListener("keydown", (event) => this.onKey(event));
    host.addEventListener("click", (event) => this.onClick(event));
    host.addEventListener("focusin", (event) => {
      const cell = this.cellOf(event.target);
      if (cell) this.activate(cell.index);
    });
  }

  /** How many cells there are, on the screen or not. */
  get size(): number {
    return this.items.length;
  }

  /**
   * Shows other items. What has the same key keeps its element, and its focus.
   *
   * @param anew whether these are others altogether, and the way through them begins at the first one
   */
  show(items: readonly T[], anew = false): void {
    this.items = items;
    if (anew && !this.host.contains(document.activeElement)) {
      this.active = 0;
      this.activeKey = undefined;
    }
    const place = this.activeKey ? items.findIndex(({ key }) => key === this.activeKey) : -1;
    this.active = place >= 0 ? place : Math.max(0, Math.min(this.active, items.length - 1));
    this.activeKey = items[this.active]?.key;
    this.relayout();
  }

  /** Puts the focus on an item, or on the one that had it last. */
  focus(key = this.activeKey): void {
    const index = this.items.findIndex((item) => item.key === key);
    this.focusIndex(index >= 0 ? index : this.active);
  }

  /** Marks the cell whose photo is shown elsewhere, or none. */
  mark(key: string | undefined): void {
    this.marked = key;
    for (const [own, { element }] of this.cells) element.classList.toggle("shown", own === key);
  }

  /** The item before or after another one in their order. */
  beside(key: string, step: 1 | -1): T | undefined {
    const index = this.items.findIndex((item) => item.key === key);
    return index < 0 ? undefined : this.items[index + step];
  }

  private relayout(): void {
    const width = this.host.clientWidth;
    if (width === 0) return;
    const focused = this.focused();
    const before = this.layout;
    this.layout = layOut(this.items.length, width, shapeOf(this.host));
    const { columns, rows, rowHeight, cellWidth } = this.layout;
    this.host.style.height = `${rows * rowHeight}px`;
    attributes(this.host, { "aria-rowcount": rows, "aria-colcount": columns });
    const same =
      columns === before.columns &&
      rowHeight === before.rowHeight &&
      cellWidth === before.cellWidth;
    for (const [row, element] of this.rows) {
      if (same && row < rows) this.fillRow(row, element);
      else this.drop(row, element);
    }
    this.render(focused);
  }

  /** The key of the cell that has the focus. */
  private focused(): string | undefined {
    return this.cellOf(document.activeElement)?.item.key;
  }

  private render(focused = this.focused()): void {
    const { columns, rowHeight } = this.layout;
    const top = -this.host.getBoundingClientRect().top;
    const wanted = new Set<number>();
    if (this.items.length > 0) wanted.add(Math.floor(this.active / columns));
    for (const beyond of [0, BEYOND]) {
      const [first, end] = rowsBetween(this.layout, top, top + innerHeight, beyond);
      for (let row = first; row < end; row++) wanted.add(row);
    }

    for (const [row, element] of this.rows) {
      if (!wanted.has(row)) this.drop(row, element);
    }
    // What is on the screen first, and no more than fits into a frame.
    const until = performance.now() + BUDGET;
    for (const row of wanted) {
      if (this.rows.has(row)) continue;
      if (performance.now() > until) {
        this.draw();
        break;
      }
      const element = this.makeRow(row);
      element.style.transform = `translateY(${row * rowHeight}px)`;
      this.rows.set(row, element);
      this.place(row, element);
    }
    for (const [key, cell] of this.cells) {
      if (!cell.element.isConnected) this.cells.delete(key);
    }
    // An element that was moved has lost it.
    const cell = focused === undefined ? undefined : this.cells.get(focused)?.element;
    if (cell && cell !== document.activeElement) cell.focus({ preventScroll: true });
  }

  /** In the order of the rows, which is that of reading. */
  private place(row: number, element: HTMLElement): void {
    let next: number | undefined;
    for (const other of this.rows.keys()) {
      if (other > row && (next === undefined || other < next)) next = other;
    }
    this.host.insertBefore(element, next === undefined ? null : (this.rows.get(next) ?? null));
  }

  private drop(row: number, element: HTMLElement): void {
    element.remove();
    this.rows.delete(row);
  }

  private makeRow(row: number): HTMLElement {
    const element = make("div", { className: "row" });
    attributes(element, { role: "row", "aria-rowindex": row + 1 });
    element.style.setProperty("--cell", `${this.layout.cellWidth}px`);
    this.fillRow(row, element);
    return element;
  }

  /** Puts the cells into a row; one whose cells are the same is not touched, so that focus and pictures stay. */
  private fillRow(row: number, element: HTMLElement): void {
    const { columns } = this.layout;
    const cells: HTMLElement[] = [];
    for (const [column, item] of this.items.slice(row * columns, (row + 1) * columns).entries()) {
      const index = row * columns + column;
      const cell = this.cellFor(item, index);
      cell.tabIndex = index === this.active ? 0 : -1;
      attributes(cell, { "aria-colindex": column + 1 });
      cells.push(cell);
    }
    const same =
      cells.length === element.childElementCount &&
      cells.every((cell, i) => element.children[i] === cell);
    if (!same) element.replaceChildren(...cells);
  }

  private cellFor(item: T, index: number): HTMLElement {
    const known = this.cells.get(item.key);
    const element = known?.element ?? make("div", { className: "cell" });
    if (!known) attributes(element, { role: "gridcell" });
    if (!known || !alike(known.item, item)) this.options.render(element, item);
    element.classList.toggle("shown", item.key === this.marked);
    this.cells.set(item.key, { element, item, index });
    return element;
  }

  private activate(index: number): void {
    const before = this.activeKey && this.cells.get(this.activeKey);
    if (before) before.element.tabIndex = -1;
    this.active = index;
    this.activeKey = this.items[index]?.key;
    const now = this.activeKey && this.cells.get(this.activeKey);
    if (now) now.element.tabIndex = 0;
  }

  private focusIndex(index: number): void {
    if (!this.items[index]) return;
    this.activate(index);
    this.render();
    const element = this.cells.get(this.items[index].key)?.element;
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest" });
  }

  private onKey(event: KeyboardEvent): void {
    const cell = this.cellOf(event.target);
    if (!cell || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(innerHeight / this.layout.rowHeight) - 1);
    const { columns } = this.layout;
    const to = move(event.key, event.ctrlKey, cell.index, this.items.length, columns, page);
    if (to !== undefined) {
      event.preventDefault();
      this.focusIndex(to);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.options.open(cell.item);
    } else {
      this.options.onKey?.(event, cell.item);
    }
  }

  private onClick(event: MouseEvent): void {
    const cell = this.cellOf(event.target);
    if (!cell) return;
    this.activate(cell.index);
    const mark = event.target instanceof Element && event.target.closest(".pick");
    if (mark || event.ctrlKey || event.metaKey || event.shiftKey) this.options.pick(cell.item);
    else this.options.open(cell.item);
  }

  private cellOf(target: EventTarget | null): Cell<T> | undefined {
    const element = target instanceof Element ? target.closest(".cell") : null;
    if (!element || !this.host.contains(element)) return undefined;
    for (const cell of this.cells.values()) if (cell.element === element) return cell;
    return undefined;
  }
}

/** Whether two items look the same: the same values in the same fields. */
function alike<T extends object>(a: T, b: T): boolean {
  const keys = Object.keys(a) as (keyof T)[];
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** The style sheet decides on sizes, in pixels or in the size of the page's letters. */
function shapeOf(host: HTMLElement): CellShape {
  const style = getComputedStyle(host);
  const pixels = (name: string) => {
    const value = style.getPropertyValue(name).trim();
    const unit = value.endsWith("rem")
      ? parseFloat(getComputedStyle(document.documentElement).fontSize)
      : 1;
    return (parseFloat(value) || 0) * unit;
  };
  return { least: pixels("--least"), gap: pixels("--gap"), caption: pixels("--caption") };
}
