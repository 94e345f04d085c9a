/** What every test of the page needs: a page that must not log an error, and the photos. */

import { test as base, expect, type Page } from "@playwright/test";
import { fileURLToPath } from "node:url";

export { expect };

/** A test whose page fails on any error in the console: shader errors are only ever logged. */
export const test = base.extend<{ quiet: void }>({
  quiet: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(String(error)));
      await use();
      expect(errors, "errors in the page's console").toEqual([]);
    },
    { auto: true },
  ],
});

/** The path of a sample photo. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`../../demo/public/samples/${name}.jpg`, import.meta.url));
}

/** For {@link open}: the model that the page begins with, on the CPU. */
export const DEFAULT = "device=cpu&model=";

/**
 * Goes to the page without the samples and the service worker, as most tests want it, and with the small model
 * unless another is named: it is there at once.
 */
export async function visit(page: Page, query = ""): Promise<void> {
  await page.addInitScript(() => localStorage.setItem("agff-samples-hidden", "yes"));
  const model = query.includes("model=") ? "" : "&model=models/agff-nano";
  await page.goto(`./?sw=off&${query}${model}`);
}

/** Waits until the model is loaded and the libraries are open. */
export async function ready(page: Page): Promise<void> {
  await page.locator("body:is([data-state=ready], [data-state=failed])").waitFor({
    timeout: 120_000,
  });
  await expect(page.locator("#failure")).toBeHidden();
  await expect(page.locator("body")).toHaveAttribute("data-libraries", "open");
}

/** Opens the page without the samples and waits until it is ready. */
export async function open(page: Page, query = "device=cpu"): Promise<void> {
  await visit(page, query);
  await ready(page);
}

/** Lets the model's weights wait until the function that this gives is called. */
export async function withholdWeights(page: Page): Promise<() => void> {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route("**/weights-*", async (route) => {
    await arrived;
    await route.continue();
  });
  return arrive;
}

/** Gives the page photos and waits until all are embedded or refused. */
export async function addPhotos(
  page: Page,
  files: Parameters<Page["setInputFiles"]>[1],
): Promise<void> {
  await page.setInputFiles("#files", files);
  await idle(page);
}

/** Waits until no photo is on its way. */
export async function idle(page: Page): Promise<void> {
  await expect(page.locator("body")).toHaveAttribute("data-waiting", "0", { timeout: 240_000 });
  await expect(page.locator("#work")).toBeHidden();
}

/** The cells of the grid. */
export function cells(page: Page) {
  return page.locator(".cell");
}

/** The names in the grid, in their order. */
export function names(page: Page): Promise<string[]> {
  return page.locator(".cell .name").allTextContents();
}

/** One photo's place in the ranking, as the page shows it. */
export interface Shown {
  name: string;
  score: number;
  /** The four patterns' weights. */
  weights: number[];
}

/** Searches, and reads the ranking off the page. */
export async function rank(page: Page, text: string): Promise<Shown[]> {
  await search(page, text);
  return page.locator(".cell").evaluateAll((cells) =>
    cells.map((cell) => ({
      name: cell.querySelector(".name")?.textContent ?? "",
      score: Number(cell.querySelector<HTMLElement>(".number")?.dataset["score"] ?? NaN),
      weights: [...cell.querySelectorAll<HTMLElement>(".meter i")].map(({ style }) =>
        Number(style.flexGrow),
      ),
    })),
  );
}

/** Types into the search box and waits for the results. */
export async function search(page: Page, text: string): Promise<void> {
  await page.getByRole("searchbox").fill(text);
  await expect(page.locator("#results-title")).toContainText(`“${text}`);
}
