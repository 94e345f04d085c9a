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

/** Opens the page and waits until the model is loaded. */
export async function open(page: Page, query = ""): Promise<void> {
  await page.goto(`./${query}`);
  await page.locator("body[data-state]").waitFor({ timeout: 120_000 });
  await expect(page.locator("#failure")).toBeHidden();
  await expect(page.locator("body")).toHaveAttribute("data-state", "ready");
}

/** Gives the page photos and waits until all are embedded or refused. */
export async function addPhotos(
  page: Page,
  files: Parameters<Page["setInputFiles"]>[1],
): Promise<void> {
  await page.setInputFiles("#files", files);
  await expect(page.locator("body")).toHaveAttribute("data-waiting", "0", { timeout: 240_000 });
}

/** One photo's place in the ranking, as the page shows it. */
export interface Shown {
  name: string;
  score: number;
  /** The four patterns' weights in whole per cent. */
  weights: number[];
}

/** Searches, and reads the ranking off the page. */
export async function rank(page: Page, text: string): Promise<Shown[]> {
  await page.getByRole("searchbox").fill(text);
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page.locator("#results-title")).toContainText(text);
  return page.locator(".card").evaluateAll((cards) =>
    cards.map((card) => ({
      name: card.querySelector(".name")?.textContent ?? "",
      score: Number(card.querySelector(".number")?.textContent ?? NaN),
      weights: [...card.querySelectorAll("td:last-child")].map((cell) =>
        parseInt(cell.textContent ?? "", 10),
      ),
    })),
  );
}
