/** Light and dark, a phone, less motion, and what screen readers are told. */

import type { Page } from "@playwright/test";
import { addPhotos, cells, expect, open, ready, sample, search, test } from "../page/fixtures";

const brightness = (page: Page) =>
  page.evaluate(() => {
    const [r = 0, g = 0, b = 0] = (
      getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []
    ).map(Number);
    return (r + g + b) / 3;
  });

test("the colours follow the system, until the person chooses, and the choice stays", async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page);
  expect(await brightness(page)).toBeLessThan(60);
  const toggle = page.locator("#theme");
  await toggle.click();
  await expect(toggle).toHaveAccessibleName("Colours: light");
  expect(await brightness(page)).toBeGreaterThan(200);
  await page.reload();
  expect(await brightness(page)).toBeGreaterThan(200);
  await toggle.click();
  await expect(toggle).toHaveAccessibleName("Colours: dark");
  await page.emulateMedia({ colorScheme: "light" });
  expect(await brightness(page)).toBeLessThan(60);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`text has enough contrast in ${colorScheme} colours`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await open(page);
    await addPhotos(page, [sample("cat"), sample("coffee")]);
    await search(page, "a cat");
    await cells(page).first().click();
    const poor = await page.evaluate(() => {
      const canvas = document
        .createElement("canvas")
        .getContext("2d", { willReadFrequently: true })!;
      // Whatever the notation, painted it is three numbers.
      const rgba = (colour: string) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
      };
      const luminance = (colour: number[]) => {
        const [r, g, b] = colour.map((value) => {
          const x = value / 255;
          return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
        }) as [number, number, number];
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (element: Element | null): number[] => {
        for (let at = element; at; at = at.parentElement) {
          const colour = rgba(getComputedStyle(at).backgroundColor);
          if (colour[3]! > 200) return colour;
        }
        return [255, 255, 255, 255];
      };
      const found: string[] = [];
      for (const element of document.querySelectorAll(
        "h1, h2, h3, p, span, dt, dd, button, summary, strong, li, label, kbd",
      )) {
        const own = [...element.childNodes].some(
          (node) => node.nodeType === 3 && node.textContent?.trim(),
        );
        if (
          !own ||
          !(element as HTMLElement).checkVisibility() ||
          element.closest(".hidden, :disabled")
        )
          continue;
        const [a, b] = [
          luminance(rgba(getComputedStyle(element).color)),
          luminance(behind(element)),
        ];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5)
          found.push(`${element.textContent?.trim().slice(0, 30)}: ${contrast.toFixed(2)}`);
      }
      return found;
    });
    expect(poor).toEqual([]);
  });
}

test("at 360 pixels nothing is wider than the screen, in any view", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  await addPhotos(page, sample("cat"));
  await addPhotos(page, [
    {
      name: `${"long-name-".repeat(20)}.jpg`,
      mimeType: "image/jpeg",
      buffer: Buffer.from("no photo"),
    },
  ]);
  const fits = async (what: string) => {
    const [inner, scroll] = await page.evaluate(() => [
      document.documentElement.clientWidth,
      document.documentElement.scrollWidth,
    ]);
    expect.soft(scroll, what).toBeLessThanOrEqual(inner!);
  };
  await page.locator("#problems summary").click();
  await fits("photos");
  await page.getByRole("button", { name: "Map" }).click();
  await expect(page.locator("#map-canvas")).toHaveAttribute("data-points", "1");
  await fits("map");
  await page.getByRole("button", { name: "Duplicates" }).click();
  await expect(page.locator("#duplicates-status")).not.toBeEmpty();
  await fits("duplicates");
  await page.getByRole("button", { name: "Photos", exact: true }).click();
  await search(page, "a very long description of what is wanted in this photo, with many words");
  await fits("results");
  // Nothing looks like that.
  await page.locator("#show-rest").click();
  await fits("the nearest");
  await cells(page).first().click();
  const details = page.locator("#details");
  await expect(details).toBeVisible();
  expect(await details.evaluate((dialog) => dialog.matches(":modal"))).toBe(true);
  expect(await details.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth)).toBe(true);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Model and device" }).click();
  const about = page.locator("#about");
  expect(await about.evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth)).toBe(true);
});

test("with less motion wanted nothing moves", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await open(page);
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll("*")]
      .filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return (
          transitionDuration.split(", ").some((time) => parseFloat(time) > 0) ||
          animationName !== "none"
        );
      })
      .map((element) => element.id || element.className),
  );
  expect(moving).toEqual([]);
});

test("screen readers are told of results and progress, and the photos are a grid with rows", async ({
  page,
}) => {
  await open(page);
  await page.setInputFiles("#files", [sample("cat"), sample("coffee")]);
  await expect(page.locator("#live")).toHaveText(/2 photos to be read|Reading photos/);
  await expect(page.locator("body")).toHaveAttribute("data-waiting", "0", { timeout: 60_000 });
  await search(page, "a cat");
  await expect(page.locator("#live")).toHaveText("2 photos for “a cat”");
  const grid = page.getByRole("grid", { name: "Photos" });
  await expect(grid).toHaveAttribute("aria-rowcount", "1");
  await expect(grid.getByRole("row")).toHaveCount(1);
  await expect(grid.getByRole("gridcell").first()).toHaveAccessibleName(
    /^(cat|coffee)\.jpg, number 1, match -?0\.\d{3}$/,
  );
});
