/** All of it without a mouse. */

import { addPhotos, expect, names, open, sample, test } from "../page/fixtures";

test("search, walk among the photos, open one, ask for more like it and come back", async ({
  page,
}) => {
  await open(page);
  await addPhotos(page, ["cat", "coffee", "rocket", "lemons", "oranges"].map(sample));
  const { keyboard } = page;
  const focused = () =>
    page.evaluate(
      () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.id,
    );

  await page.locator("body").press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await keyboard.type("a cat");
  await expect(page.locator("#results-title")).toHaveText("5 photos for “a cat”");
  const order = await names(page);
  await keyboard.press("ArrowDown");
  expect(await focused()).toContain(order[0]);
  await keyboard.press("ArrowRight");
  expect(await focused()).toContain(order[1]);
  await keyboard.press("End");
  const last = await focused();
  await keyboard.press("Home");
  expect(await focused()).toContain(order[0]);
  expect(last).not.toContain(order[0]);
  // One photo at a time is in the tab order.
  expect(await page.locator(".cell[tabindex='0']").count()).toBe(1);

  await keyboard.press("Enter");
  const details = page.locator("#details");
  await expect(details).toBeVisible();
  expect(await details.evaluate((dialog) => dialog.contains(document.activeElement))).toBe(true);
  await keyboard.press("ArrowRight");
  await expect(details.getByRole("heading", { level: 2 })).toHaveText(order[1]!);
  await keyboard.press("Escape");
  await expect(details).toBeHidden();
  await expect.poll(focused).toContain(order[1]);

  await keyboard.press("Delete");
  await expect(page.getByRole("button", { name: "Cancel" }).last()).toBeFocused();
  await keyboard.press("Escape");
  await expect(page.locator(".cell")).toHaveCount(5);
  await expect.poll(focused).toContain(order[1]);
  await keyboard.press("Escape");
  await expect(page.locator("#results-title")).toHaveText("5 photos");
});

test("every control can be reached with the tab key and shows that it has the focus", async ({
  page,
}) => {
  await open(page);
  await addPhotos(page, [sample("cat")]);
  const seen: string[] = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = element.id || element.textContent?.trim() || element.className;
      return { name, ring: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
    if (!found) break;
    expect.soft(found.ring, `${found.name} has a focus ring`).toBe(true);
    seen.push(found.name);
  }
  for (const id of ["query", "theme", "open-about", "as-map", "choose", "choose-folder"]) {
    expect(seen).toContain(id);
  }
  expect(seen.some((name) => name.includes("cat.jpg") || name === "cell")).toBe(true);
});
