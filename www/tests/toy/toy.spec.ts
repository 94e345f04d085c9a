/** A family of a few lines goes all the way: loaded, embedded and indexed in a page as any other. */

import type { Agff as AgffClass, AgffError } from "agff";
import { expect, test } from "../page/fixtures";

test("a model of another family embeds pictures and texts, and its index is searched", async ({
  page,
}) => {
  await page.route("**/empty.html", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><link rel=icon href=data:,>" }),
  );
  await page.goto("./empty.html");
  const result = await page.evaluate(async () => {
    const at = (path: string) => import(new URL(path, location.origin).href);
    const { Agff } = (await at("/agff/dist/index.js")) as { Agff: typeof AgffClass };
    const agff = await Agff.load("/packages/toy-q8", { device: "cpu" });
    const plain = (red: number, green: number, blue: number) => {
      const data = new Uint8ClampedArray(4 * 2 * 4);
      for (let i = 0; i < data.length; i += 4) data.set([red, green, blue, 255], i);
      return new ImageData(data, 4, 2);
    };
    const [red, blue, query, text] = [
      await agff.embedImage(plain(250, 10, 10)),
      await agff.embedImage(plain(10, 10, 250)),
      await agff.embedImage(plain(20, 20, 240)),
      await agff.embedText("a red mug"),
    ];
    let refused = "";
    try {
      await agff.embed({ image: plain(1, 2, 3), text: "a red mug" });
    } catch (error) {
      refused = (error as AgffError).code;
    }
    const found = {
      dimensions: text.dimensions,
      views: text.views,
      red: agff.similarity(query, red).score,
      blue: agff.similarity(query, blue).score,
      refused,
    };
    const png = async (colour: string) => {
      const canvas = new OffscreenCanvas(8, 8);
      const context = canvas.getContext("2d")!;
      context.fillStyle = colour;
      context.fillRect(0, 0, 8, 8);
      return new File([await canvas.convertToBlob()], `${colour}.png`, { type: "image/png" });
    };
    const index = await agff.openIndex("colours");
    await index.add([await png("red"), await png("blue")]);
    const hits = await index.search({ image: await png("navy") });
    await agff.dispose();
    return { ...found, first: hits[0]?.name, hits: hits.length };
  });
  expect(result.dimensions).toBe(32);
  expect(result.views).toEqual(["global"]);
  expect(result.blue).toBeGreaterThan(result.red);
  expect(result.refused).toBe("input");
  expect([result.hits, result.first]).toEqual([2, "blue.png"]);
});
