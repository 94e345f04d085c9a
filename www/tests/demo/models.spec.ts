/** Another model can be taken, and the library survives every change of it. */

import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import {
  addPhotos,
  cells,
  DEFAULT,
  expect,
  idle,
  names,
  open,
  ready,
  sample,
  search,
  test,
} from "../page/fixtures";
import { checkpoint, checkpointFolder, TestHub } from "../package/hub";

const MODEL = fileURLToPath(new URL("../../../models/agff-nano", import.meta.url));

interface Manifest {
  name: string;
  prompt: { instruction: string };
}

/** Lets the server have another model at an address: agff-nano that is told something else. */
async function otherModel(page: Page, address: string): Promise<void> {
  await page.route(`**/models/${address}/*`, async (route) => {
    const url = route.request().url().replace(`/models/${address}/`, "/models/agff-nano/");
    const response = await route.fetch({ url });
    if (!url.endsWith("agff.json")) return route.fulfill({ response });
    const manifest = (await response.json()) as Manifest;
    manifest.name = "another";
    manifest.prompt.instruction = "Represent it otherwise.";
    return route.fulfill({ response, json: manifest });
  });
}

const about = (page: Page) => page.getByRole("dialog", { name: "Model and device" });

async function loadAddress(page: Page, address: string): Promise<void> {
  await page.getByRole("button", { name: "Model and device" }).click();
  await page.getByLabel("its name at the hub, or an address").fill(address);
  await about(page).getByRole("button", { name: "Look" }).click();
  const load = about(page).getByRole("button", { name: /^Load, / });
  await load.or(page.locator("#model-error:not(:empty)")).first().click();
}

/** Lets the hub that the page asks be one of the test's own, with small models. */
async function ownHub(page: Page): Promise<TestHub> {
  const hub = await TestHub.start();
  const models = { "google/siglip2-base-patch16-224": "siglip-2", "owner/clip": "clip-openai" };
  for (const [name, files] of Object.entries(models)) {
    hub.repositories.set(name, { commit: "0123456789abcdef", files: checkpoint(files) });
  }
  await page.route("https://huggingface.co/**", async (route) => {
    const url = route.request().url().replace("https://huggingface.co", hub.url);
    const response = await route.fetch({ url }).catch(() => undefined);
    return response ? route.fulfill({ response }) : route.abort();
  });
  return hub;
}

test("a model by its address: the photos are kept, and are read again when that is wanted", async ({
  page,
}) => {
  await otherModel(page, "other");
  await open(page, DEFAULT);
  await addPhotos(page, [sample("cat"), sample("coffee")]);
  await loadAddress(page, "/models/other/");
  await expect(page.locator("#model-facts")).toContainText("another");
  await page.keyboard.press("Escape");

  const banner = page.locator("#renew");
  await expect(banner).toContainText(
    "2 photos of your library were read with another model (photo)",
  );
  // They are still there, and the model before still finds them.
  await expect(banner).toContainText("Until then photo goes on answering");
  await expect(cells(page)).toHaveCount(2);
  await search(page, "a cat");
  await expect(page.locator(".cell .name").first()).toHaveText("cat.jpg");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "Read them again" }).click();
  await expect(cells(page)).toHaveCount(2);
  await idle(page);
  await expect.poll(async () => (await names(page)).sort()).toEqual(["cat.jpg", "coffee.jpg"]);
  await search(page, "a cat");
  await expect(page.locator(".cell .number")).toHaveCount(2);
  await page.getByRole("searchbox").fill("");

  // What the old model made is there until it is thrown away.
  await expect(banner).toContainText("is still kept");
  await page.getByRole("button", { name: "Delete the old one" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(banner).toBeHidden();

  await page.reload();
  await ready(page);
  await expect(page.locator("#model-line")).toContainText("another");
  await expect(cells(page)).toHaveCount(2);
  await expect(banner).toBeHidden();
});

test("when the default model has changed, the library is kept and the small pictures can be read", async ({
  page,
}) => {
  await open(page, DEFAULT);
  await addPhotos(page, [sample("cat"), sample("coffee")]);
  await otherModel(page, "photo");
  await page.reload();
  await ready(page);
  await expect(cells(page)).toHaveCount(0);
  const banner = page.locator("#renew");
  await expect(banner).toContainText("2 photos of your library were read with another model");
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(banner).toBeHidden();

  // Nothing was lost: with the old model all is as it was.
  await page.unrouteAll();
  await page.reload();
  await ready(page);
  await expect(cells(page)).toHaveCount(2);
  await expect(banner).toBeHidden();

  await otherModel(page, "photo");
  await page.reload();
  await ready(page);
  await page.getByRole("button", { name: "Read them again" }).click();
  const question = page.locator("dialog.ask");
  await expect(question).toContainText("2 photos can only be read from the small pictures");
  await question.getByRole("button", { name: "Read them" }).click();
  await expect(cells(page)).toHaveCount(2);
  await idle(page);
  await expect.poll(async () => (await names(page)).sort()).toEqual(["cat.jpg", "coffee.jpg"]);
  await search(page, "a cup");
  await expect(page.locator(".cell .number")).toHaveCount(2);
});

test("a model from a folder of this device, which is there on the next visit too", async ({
  page,
}) => {
  await open(page, DEFAULT);
  await page.getByRole("button", { name: "Model and device" }).click();
  await page.setInputFiles("#model-folder", MODEL);
  await expect(page.locator("#model-facts")).toContainText("folder agff-nano");
  await page.keyboard.press("Escape");
  await addPhotos(page, [sample("cat")]);
  await page.reload();
  await ready(page);
  await page.getByRole("button", { name: "Model and device" }).click();
  await expect(page.locator("#model-facts")).toContainText("folder agff-nano");
  await expect(cells(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Back to the default model" }).click();
  await expect(page.locator("#model-facts")).toContainText("/models/photo/");
});

test("a model of the list: its size is said first, photos are found with it, and it is there the next time", async ({
  page,
}) => {
  const hub = await ownHub(page);
  try {
    await open(page, DEFAULT);
    await addPhotos(page, [sample("cat"), sample("coffee")]);
    await page.getByRole("button", { name: "Model and device" }).click();
    for (const text of ["CLIP B/32", "SigLIP 2 B/16", "375 million weights", "Apache-2.0"]) {
      await expect(page.locator("#known-models")).toContainText(text);
    }
    await about(page).getByRole("button", { name: "Take SigLIP 2 B/16" }).click();
    const plan = page.locator("#model-plan");
    await expect(plan).toContainText(/siglip2-base-patch16-224: .* to fetch, .* to keep/);
    expect(hub.asked.some(({ path }) => path.includes("model.safetensors"))).toBe(false);
    await plan.getByRole("button", { name: "Not now" }).click();
    await expect(plan).toBeHidden();
    await about(page).getByRole("button", { name: "Take SigLIP 2 B/16" }).click();
    await plan.getByRole("button", { name: /^Load, / }).click();
    await expect(page.locator("#model-facts")).toContainText("siglip2-base-patch16-224, as q8");
    await expect(page.locator("#model-facts")).toContainText("one of the whole and 9 of details");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Read them again" }).click();
    await expect(cells(page)).toHaveCount(2);
    await idle(page);
    await search(page, "a cat");
    await expect(page.locator(".cell .number")).toHaveCount(2);

    hub.silent = true;
    await page.reload();
    await ready(page);
    await expect(page.locator("#model-line")).toContainText("siglip2-base-patch16-224");
    await expect(cells(page)).toHaveCount(2);
  } finally {
    await hub.stop();
  }
});

test("a name is taken, its loading can be cancelled, and what is not there is said", async ({
  page,
}) => {
  const hub = await ownHub(page);
  try {
    await open(page, DEFAULT);
    await loadAddress(page, "owner/nothing");
    await expect(page.locator("#model-error")).toContainText("no such model");
    await page.keyboard.press("Escape");
    hub.slow = 1000;
    await loadAddress(page, "owner/clip");
    await about(page).getByRole("button", { name: "Cancel" }).click();
    await expect(page.locator("#model-busy")).toBeHidden();
    await expect(page.locator("#model-error")).toBeEmpty();
    await expect(page.locator("#model-facts")).toContainText("/models/photo/");
    hub.slow = 0;
    await page.keyboard.press("Escape");
    await loadAddress(page, "owner/clip");
    await expect(page.locator("#model-facts")).toContainText("owner/clip, as q8");
  } finally {
    await hub.stop();
  }
});

test("a checkpoint from a folder of this device is there on the next visit", async ({ page }) => {
  await open(page, DEFAULT);
  await page.getByRole("button", { name: "Model and device" }).click();
  await page.setInputFiles("#model-folder", checkpointFolder("siglip-2"));
  await expect(page.locator("#model-facts")).toContainText("folder siglip-2, as q8");
  await page.keyboard.press("Escape");
  await addPhotos(page, [sample("cat")]);
  await page.reload();
  await ready(page);
  await expect(page.locator("#model-line")).toContainText("siglip-2");
  await expect(cells(page)).toHaveCount(1);
});

test("a model that cannot be loaded is refused in words, and the one before it goes on", async ({
  page,
}) => {
  await page.route("**/models/nowhere/**", (route) =>
    route.fulfill({ status: 200, contentType: "application/json", body: "no manifest" }),
  );
  await open(page, DEFAULT);
  await addPhotos(page, [sample("cat")]);
  await loadAddress(page, "/models/nowhere/");
  await expect(page.locator("#model-error")).toContainText("[package-manifest]");
  await page.keyboard.press("Escape");
  await search(page, "a cat");
  await expect(page.locator(".cell .number")).toHaveCount(1);
});

test("photos that the page read before it had a model of photos stay with theirs until the new one is wanted", async ({
  page,
}) => {
  await open(page);
  await addPhotos(page, [sample("cat"), sample("coffee")]);
  await page.goto(`./?sw=off&${DEFAULT}`);
  await ready(page);
  await expect(page.locator("#model-line")).toContainText("agff-nano");
  await expect(cells(page)).toHaveCount(2);
  await page.getByRole("button", { name: "Use the new one" }).click();
  await expect(page.locator("#model-line")).toContainText("photo");
  await expect(page.locator("#earlier-model")).toBeHidden();
  await expect(page.locator("#renew")).toContainText("(agff-nano)");
  await page.reload();
  await ready(page);
  await expect(page.locator("#model-line")).toContainText("photo");
});
