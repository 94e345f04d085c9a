/** Mouse, fingers and keys on the map. */

export interface HandActions {
  pan(dx: number, dy: number): void;
  /** Around a pixel, or around the middle. */
  zoom(factor: number, x?: number, y?: number): void;
  click(x: number, y: number): void;
  hover(x: number, y: number): void;
  go(dx: number, dy: number): void;
  open(): void;
  all(): void;
}

/** Pixels up to which a press is a click and not a drag. */
const STILL = 5;

const ARROWS: Readonly<Record<string, [dx: number, dy: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Finger {
  x: number;
  y: number;
}

export class Hands {
  private readonly fingers = new Map<number, Finger>();
  /** How far the fingers have gone since the first one was put down. */
  private gone = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly actions: HandActions,
  ) {
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event, true));
    canvas.addEventListener("pointercancel", (event) => this.up(event, false));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  private down(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    if (this.fingers.size === 0) this.gone = 0;
    this.fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  private move(event: PointerEvent): void {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return this.actions.hover(event.offsetX, event.offsetY);
    const [dx, dy] = [event.offsetX - finger.x, event.offsetY - finger.y];
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const before = Math.hypot(finger.x - other.x, finger.y - other.y);
      const now = Math.hypot(event.offsetX - other.x, event.offsetY - other.y);
      if (before > 0) this.actions.zoom(now / before, other.x, other.y);
    } else {
      this.actions.pan(dx, dy);
    }
    this.gone += Math.hypot(dx, dy);
    this.fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  private up(event: PointerEvent, meant: boolean): void {
    const alone = this.fingers.size === 1;
    this.fingers.delete(event.pointerId);
    if (meant && alone && this.gone <= STILL) this.actions.click(event.offsetX, event.offsetY);
  }

  // A wheel alone scrolls the page everywhere else, but a map is what one zooms.
  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.actions.zoom(Math.exp(-event.deltaY * lines * 0.002), event.offsetX, event.offsetY);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) this.actions.go(...arrow);
    else if (event.key === "Enter" || event.key === " ") this.actions.open();
    else if (event.key === "+" || event.key === "=") this.actions.zoom(1.4);
    else if (event.key === "-") this.actions.zoom(1 / 1.4);
    else if (event.key === "0") this.actions.all();
    else return;
    event.preventDefault();
  }
}
