/**
 * The library as a map: photos that look alike to the model lie near each other. The plane is the one in
 * which the photos' global vectors differ most.
 */

import type { PhotoIndex } from "agff";
import { byId } from "../dom";
import { count } from "../format";
import type { Library } from "../library";
import { announce, fail } from "../notices";
import { onceAFrame } from "../signal";
import { draw, type Placed } from "./draw";
import { Hands } from "./hands";
import { nextTask, project } from "./pca";
import { Pictures } from "./pictures";
import {
  around,
  fit,
  inDirection,
  nearest,
  normalise,
  type Point,
  type View,
  zoom,
} from "./points";

export interface MapActions {
  open(id: string): void;
  name(id: string): string;
}

/** Pixels around the outermost photos. */
const MARGIN = 60;

export class PhotoMap {
  private readonly canvas = byId<HTMLCanvasElement>("map-canvas");
  private points: readonly Point[] = [];
  private placed: Placed[] = [];
  private view: View | undefined;
  private selected: Point | undefined;
  private found: ReadonlySet<string> | undefined;
  private library: Library | undefined;
  /** The index and the state of it that the points are of, or will be. */
  private source: PhotoIndex | undefined;
  private version = -1;
  private pictures: Pictures | undefined;
  private working: AbortController | undefined;
  private readonly redraw = onceAFrame(() => this.draw());

  constructor(private readonly actions: MapActions) {
    new Hands(this.canvas, {
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      click: (x, y) => this.click(x, y),
      hover: (x, y) => this.hover(x, y),
      go: (dx, dy) => this.go(dx, dy),
      open: () => this.selected && actions.open(this.selected.id),
      all: () => this.fitAll(),
    });
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    addEventListener("themechange", this.redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.redraw);
    byId("map-in").addEventListener("click", () => this.zoom(1.6));
    byId("map-out").addEventListener("click", () => this.zoom(1 / 1.6));
    byId("map-all").addEventListener("click", () => this.fitAll());
  }

  /** Shows a library; computes the map anew if photos have come or gone. */
  async show(library: Library): Promise<void> {
    const version = library.changed.value;
    const { index } = library;
    if (!index || (index === this.source && version === this.version)) return this.redraw();
    this.source = index;
    this.version = version;
    this.working?.abort();
    const working = (this.working = new AbortController());
    const { signal } = working;
    const status = byId("map-status");
    status.textContent = "Drawing the map…";
    try {
      const { ids, dimensions, values } = await index.vectors({ signal });
      // What came over has just been unpacked.
      await nextTask();
      const coordinates = await project(values, dimensions, { signal });
      await nextTask();
      if (signal.aborted) return;
      const changed = library !== this.library;
      this.library = library;
      this.points = normalise(ids, coordinates, this.aspect());
      if (changed || !this.pictures) {
        this.pictures?.clear();
        this.pictures = new Pictures((id) => library.thumbnail(id), this.redraw);
        this.view = undefined;
        this.selected = undefined;
      }
      this.selected = this.points.find(({ id }) => id === this.selected?.id);
      status.textContent =
        ids.length === 0
          ? "There are no photos yet."
          : `${count(ids.length, "photo")}, alike ones near each other.`;
      this.canvas.dataset["points"] = String(ids.length);
      await nextTask();
      this.resize();
    } catch (error) {
      if (signal.aborted) return;
      this.source = undefined;
      fail(error);
    }
  }

  /** Marks what a search has found, or nothing. */
  mark(found: ReadonlySet<string> | undefined): void {
    this.found = found;
    this.redraw();
  }

  private draw(): void {
    const { canvas, points, view, selected, found, pictures } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!view || width === 0) return;
    const picture = (id: string) => pictures?.get(id);
    this.placed = draw(canvas, { points, view, width, height, selected, found, picture });
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.view ??= fit(width, height, MARGIN);
    this.draw();
  }

  /** Of the map; it is laid out for that which it has when it is computed. */
  private aspect(): number {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return width > 0 && height > 0 ? Math.max(0.5, Math.min(2, width / height)) : 1;
  }

  private fitAll(): void {
    const { clientWidth, clientHeight } = this.canvas;
    this.view = fit(clientWidth, clientHeight, MARGIN);
    this.redraw();
  }

  private pan(dx: number, dy: number): void {
    if (!this.view) return;
    this.view = { ...this.view, left: this.view.left + dx, top: this.view.top + dy };
    this.redraw();
  }

  private zoom(factor: number, x?: number, y?: number): void {
    if (!this.view) return;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const least = fit(width, height, MARGIN).scale / 2;
    this.view = zoom(this.view, factor, x ?? width / 2, y ?? height / 2, least);
    this.redraw();
  }

  private at(x: number, y: number): Point | undefined {
    for (const { point, left, top, width, height } of [...this.placed].reverse()) {
      if (x >= left && y >= top && x <= left + width && y <= top + height) return point;
    }
    const { view } = this;
    if (!view) return undefined;
    const { scale } = view;
    return nearest(this.points, (x - view.left) / scale, (y - view.top) / scale, 12 / scale);
  }

  private click(x: number, y: number): void {
    const point = this.at(x, y);
    if (!point) return;
    this.selected = point;
    this.redraw();
    this.actions.open(point.id);
  }

  private hover(x: number, y: number): void {
    const point = this.at(x, y);
    this.canvas.style.cursor = point ? "pointer" : "grab";
    this.canvas.title = point ? this.actions.name(point.id) : "";
  }

  /** To the next photo in a direction; to the one in the middle at first. */
  private go(dx: number, dy: number): void {
    const { view } = this;
    if (!view || this.points.length === 0) return;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const next = this.selected
      ? inDirection(this.points, this.selected, dx, dy)
      : nearest(
          this.points,
          (width / 2 - view.left) / view.scale,
          (height / 2 - view.top) / view.scale,
        );
    if (!next) return announce("There is nothing farther this way.");
    this.selected = next;
    this.keepInSight(next, view, width, height);
    const { name } = this.actions;
    const others = around(this.points, next, 3).map(({ id }) => name(id));
    const near = others.length > 0 ? `, near ${others.join(", ")}` : "";
    announce(`${name(next.id)}${near}`);
    byId("map-status").textContent = `${name(next.id)}${near}`;
    this.canvas.dataset["selected"] = name(next.id);
    this.redraw();
  }

  private keepInSight(point: Point, view: View, width: number, height: number): void {
    const x = view.left + point.x * view.scale;
    const y = view.top + point.y * view.scale;
    const into = (at: number, size: number) =>
      at < MARGIN ? MARGIN - at : at > size - MARGIN ? size - MARGIN - at : 0;
    this.pan(into(x, width), into(y, height));
  }
}
