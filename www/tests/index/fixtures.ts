/** What every test of the index needs, beside what those of the package do: photos, made in the page. */

import type { Page } from "@playwright/test";
import type { Agff, PhotoIndex } from "agff";
import { test as base } from "../package/fixtures";

export { expect, run } from "../package/fixtures";

export const MODEL = "/models/agff-nano";

/** What tests have in their pages, as `tools`. */
export interface Tools {
  /** A small photo, the same for the same number and another for every other one. */
  photo(number: number): Promise<File>;
  photos(from: number, to: number): Promise<File[]>;
  /** What was given to a model in this tab's session, reloads included: names, in order. */
  embedded(): string[];
}

declare global {
  // eslint-disable-next-line no-var
  var tools: Tools;
}

function install(): void {
  const photo = async (number: number) => {
    // A small generator, always the same.
    let state = (number * 2654435761 + 12345) >>> 0;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 32) * below;
    };
    const canvas = new OffscreenCanvas(96, 80);
    const context = canvas.getContext("2d")!;
    const colour = () => `hsl(${next(360)} ${40 + next(60)}% ${20 + next(60)}%)`;
    context.fillStyle = colour();
    context.fillRect(0, 0, 96, 80);
    for (let i = 0; i < 6; i++) {
      context.fillStyle = colour();
      context.beginPath();
      context.ellipse(next(96), next(80), 4 + next(24), 4 + next(24), next(3), 0, 7);
      context.fill();
    }
    const blob = await canvas.convertToBlob({ type: "image/png" });
    return new File([blob], `photo-${number}.png`, { type: "image/png" });
  };
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, ...sent: unknown[]) {
    const message = sent[0] as { call?: string; args?: { inputs: { name: string }[] } };
    if (message.call === "embed") {
      const names = message.args!.inputs.map(({ name }) => `${name}\n`).join("");
      sessionStorage.setItem("embedded", (sessionStorage.getItem("embedded") ?? "") + names);
    }
    return (postMessage as (...sent: unknown[]) => void).apply(this, sent);
  };
  globalThis.tools = {
    photo,
    photos: (from, to) => Promise.all(Array.from({ length: to - from }, (_, i) => photo(from + i))),
    embedded: () => (sessionStorage.getItem("embedded") ?? "").split("\n").filter(Boolean),
  };
}

/** A test whose pages have {@link Tools}. */
export const test = base.extend<{ withTools: void }>({
  withTools: [
    async ({ context }, use) => {
      await context.addInitScript(`(${install.toString()})()`);
      await use();
    },
    { auto: true },
  ],
});

/** What a test leaves in its page between two `run`s. */
export interface Left {
  agff: Agff;
  index: PhotoIndex;
}

/** Opens another tab on the same site. */
export async function anotherTab(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(page.url());
  return other;
}
