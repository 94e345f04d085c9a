/** Checkpoints in their original form, from a hub, a folder of a server, and files of this device. */

import { COMMIT, failed, kept, load, NAME, ok, test } from "./checkpoint-fixtures";
import { expect, run } from "./fixtures";
import { adapterOf, checkpoint, nativeManifest, nativePackage } from "./hub";

for (const [name, dtypes] of [
  ["siglip-2", ["f32", "q8", "q4"]],
  ["clip-openai", ["f16", "q8"]],
  ["sharded", ["q8"]],
  ["bert-dense", ["q8"]],
  ["chinese-clip-squash", ["q8"]],
] as const) {
  for (const dtype of dtypes) {
    test(`${name} by its name as ${dtype} is the package that the command line makes`, async ({
      empty,
      hub,
    }) => {
      hub.repositories.set(`owner/${name}`, { commit: COMMIT, files: checkpoint(name) });
      const loaded = ok(await load(empty, { source: `owner/${name}`, hub: hub.url, dtype }));
      expect(loaded).toMatchObject({ name, rising: true });
      expect(loaded.provenance).toContain(`owner/${name}@0123456789ab`);
      expect(loaded.url).toContain(`owner/${name}, as ${dtype}`);
      const files = nativeManifest(`${name}-${dtype}`).files;
      const expected = Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
      expect(await kept(empty, loaded.url)).toEqual(expected);

      // Once more: only the version is asked for.
      hub.take();
      const again = ok(await load(empty, { source: `owner/${name}`, hub: hub.url, dtype }));
      expect(again.values).toEqual(loaded.values);
      expect(again.cache).toMatchObject({ downloaded: 0, offline: false });
      expect(hub.take().map(({ path }) => path)).toEqual([
        `/api/models/owner/${name}/revision/main?blobs=true`,
      ]);
      // And without a network.
      hub.silent = true;
      const offline = ok(await load(empty, { source: `owner/${name}`, hub: hub.url, dtype }));
      expect(offline.values).toEqual(loaded.values);
      expect(offline.cache).toMatchObject({ downloaded: 0, offline: true });
    });
  }
}

test("an adapter is folded in, from the hub, from a folder and from beside the weights", async ({
  empty,
  hub,
}) => {
  const files = nativeManifest("siglip-2-adapter-q8").files;
  const expected = Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
  hub.repositories.set("owner/lora", { commit: COMMIT, files: adapterOf("siglip-2") });
  for (const [path, body] of adapterOf("siglip-2")) hub.plain.set(`lora/${path}`, body);
  // By another name of this machine, where it is a folder and no repository of the hub.
  const folder = `${hub.url.replace("localhost", "127.0.0.1")}/plain/lora`;
  for (const adapter of ["owner/lora", folder]) {
    const loaded = ok(await load(empty, { hub: hub.url, adapter }));
    const called = adapter.includes("://") ? adapter : `${adapter}@0123456789ab`;
    expect(loaded.provenance).toContain(`The adapter ${called} is folded in.`);
    expect(await kept(empty, loaded.url)).toEqual(expected);
  }
  const both = new Map([...checkpoint("siglip-2"), ...adapterOf("siglip-2")]);
  for (const [path, body] of both) hub.plain.set(`both/${path}`, body);
  const beside = folder.replace("lora", "both");
  const loaded = ok(await load(empty, { source: beside }));
  expect(await kept(empty, loaded.url)).toEqual(expected);
  // At a hub it could be of another model.
  hub.repositories.set("owner/both", { commit: COMMIT, files: both });
  const unclear = failed(await load(empty, { source: "owner/both", hub: hub.url }));
  expect(unclear).toMatchObject({ code: "config", subject: "owner/both" });
  expect(unclear.message).toContain("as its adapter");

  const alone = failed(await load(empty, { source: "owner/lora", hub: hub.url }));
  expect(alone).toMatchObject({ code: "package-file-missing", subject: "owner/lora" });
  expect(alone.message).toContain("name the model that it was made for");
  const none = failed(await load(empty, { hub: hub.url, adapter: NAME }));
  expect(none).toMatchObject({ code: "package-file-missing", subject: NAME });
  const other = { source: "owner/clip", hub: hub.url, adapter: "owner/lora" };
  hub.repositories.set("owner/clip", { commit: COMMIT, files: checkpoint("clip-openai") });
  expect(failed(await load(empty, other))).toMatchObject({ code: "package-tensor" });
});

test("a model of the sigmoid kind gives a probability, the one of the command line", async ({
  empty,
  hub,
}) => {
  const made = await run(
    empty,
    async ({ Agff }, hub) => {
      const agff = await Agff.load("owner/siglip-2", { device: "cpu", hub, dtype: "f32" });
      const text = await agff.embedText("a dog");
      const photo = await (await fetch("/samples/lemons.jpg")).blob();
      const picture = await agff.embedImage(photo);
      const { gg } = agff.similarity(text, picture).patterns;
      const cut = [text, picture].map((embedding) => agff.truncate(embedding, 8));
      const index = await agff.openIndex("sure");
      await index.add([new File([photo], "lemons.jpg")]);
      const two = [{ text: "a dog" }, { text: "a cat", weight: -1 }];
      const found = {
        hit: (await index.search("a dog"))[0],
        auto: await index.search("a dog", { minScore: "auto" }),
        ofTwo: (await index.search(two))[0]?.sure,
        refused: await index
          .search(two, { minScore: "auto" })
          .catch(({ code, subject }: { code: string; subject: string }) => [code, subject]),
      };
      return {
        of: agff.info.probability,
        gg,
        probability: agff.probability(text, picture),
        ...found,
        certainty: agff.certainty(text)!.of(agff.similarity(text, picture)).certainty,
        cut: agff.probability(cut[0]!, cut[1]!),
      };
    },
    hub.url,
  );
  const native = nativeManifest("siglip-2-f32") as {
    probability?: { scale: number; bias: number };
  };
  expect(made.of).toEqual(native.probability);
  const { scale, bias } = native.probability!;
  expect(made.probability).toBeCloseTo(1 / (1 + Math.exp(-(scale * made.gg + bias))), 9);
  expect(made.certainty).toBeCloseTo(made.probability!, 9);
  expect(made.hit!.certainty).toBeCloseTo(made.probability!, 5);
  expect(made.auto).toHaveLength(made.hit!.sure === "hardly" ? 0 : 1);
  expect(made.ofTwo).toBeUndefined();
  expect(made.refused).toEqual(["input", "minScore"]);
  expect(made.cut).toBeUndefined();
});

test("only what is needed is fetched, and nothing twice", async ({ empty, hub }) => {
  const files = hub.repositories.get(NAME)!.files;
  for (const name of ["pytorch_model.bin", "onnx/model.onnx", "picture.png", "tf_model.h5"]) {
    files.set(name, Buffer.alloc(10_000));
  }
  const { cache } = ok(await load(empty, { hub: hub.url }));
  const asked = hub.take().filter(({ path }) => !path.startsWith("/api/"));
  const names = asked.map(({ path }) => path.split("/").at(-1)!);
  expect(names.filter((name) => /\.(bin|onnx|png|h5)$/.test(name))).toEqual([]);
  const needed = [...files].filter(([name]) => names.includes(name));
  const bytes = needed.reduce((sum, [, body]) => sum + body.byteLength, 0);
  // The header of the weights comes first, by itself.
  expect(cache.downloaded).toBeGreaterThanOrEqual(bytes);
  expect(cache.downloaded).toBeLessThan(bytes + 2 * 2 ** 20);
});

test("what the CPU's engine converts runs on the GPU, where the other is not started again", async ({
  empty,
  hub,
  server,
}) => {
  const { values } = ok(await load(empty, { hub: hub.url }));
  const ofCpu = () => server.asked.filter(({ path }) => /cpu.*\.wasm$/.test(path));
  expect(ofCpu().length).toBeGreaterThan(0);
  await empty.goto(server.url);
  server.asked.length = 0;
  const gpu = ok(await load(empty, { hub: hub.url, device: "gpu", dtype: "q8" }));
  expect(gpu.cache.downloaded).toBe(0);
  expect(ofCpu()).toEqual([]);
  const fresh = ok(await load(empty, { hub: hub.url, device: "gpu", cache: "memory" }));
  for (const other of [gpu.values, fresh.values]) {
    const dot = values.reduce((sum, value, i) => sum + value * other[i]!, 0);
    expect(dot).toBeGreaterThan(0.99999);
  }
});

test("regions of the photo become views, with their places", async ({ empty, hub }) => {
  const { views, regions } = ok(await load(empty, { hub: hub.url, regions: 2 }));
  expect(views).toHaveLength(5);
  expect(Object.values(regions)).toContainEqual({ x: 0.5, y: 0.5, width: 0.5, height: 0.5 });
});

test("a token is told to the hub and to nobody else", async ({ empty, hub }) => {
  hub.repositories.get(NAME)!.token = "secret";
  const stranger = failed(await load(empty, { hub: hub.url }));
  expect(stranger).toMatchObject({ code: "fetch" });
  expect(stranger.message).toContain("token");
  const wrong = failed(await load(empty, { hub: hub.url, token: "other" }));
  expect(wrong.message).toContain("conditions");
  hub.take();
  ok(await load(empty, { hub: hub.url, token: "secret" }));
  const asked = hub.take();
  expect(asked.filter(({ path }) => path.startsWith("/store/")).length).toBeGreaterThan(0);
  for (const { path, token } of asked) {
    expect(token, path).toBe(path.startsWith("/store/") ? "" : "secret");
  }
});

test("a revision that has moved is noticed", async ({ empty, hub }) => {
  const before = ok(await load(empty, { hub: hub.url }));
  const commit = "f".repeat(40);
  hub.repositories.set(NAME, { commit, files: checkpoint("clip-openai") });
  const after = ok(await load(empty, { hub: hub.url }));
  expect(after.provenance).toContain("@ffffffffffff");
  expect(after.values.length).not.toBe(0);
  expect(after.values).not.toEqual(before.values);
  // A commit stays what it is.
  const pinned = failed(await load(empty, { hub: hub.url, revision: COMMIT }));
  expect(pinned.code).toBe("package-file-missing");
  expect(pinned.message).toContain(COMMIT);
});

test("a folder of any server, by its URL with a query, or that of one of its files", async ({
  empty,
  hub,
}) => {
  for (const [file, body] of checkpoint("clip-openai")) hub.plain.set(`clip/${file}`, body);
  const url = `${hub.url}/plain/clip/?key=a%2Fb`;
  const first = ok(await load(empty, { source: url, dtype: "q8" }));
  expect(first.name).toBe("clip");
  for (const { path } of hub.take()) expect(path).toContain("?key=a%2Fb");
  const again = ok(
    await load(empty, { source: `${hub.url}/plain/clip/config.json?key=a%2Fb`, dtype: "q8" }),
  );
  expect(again.values).toEqual(first.values);
  hub.plain.delete("clip/config.json");
  hub.plain.delete("clip/model.safetensors");
  const gone = failed(await load(empty, { source: url, dtype: "f16" }));
  expect(gone.code).toBe("package-file-missing");
  expect(gone.message).toContain("of a package at");
});

test("a repository with a finished package is loaded as it is", async ({ empty, hub }) => {
  hub.repositories.set("owner/package", { commit: COMMIT, files: nativePackage("siglip-2-q4") });
  const first = ok(await load(empty, { source: "owner/package", hub: hub.url }));
  const own = ok(await load(empty, { hub: hub.url, dtype: "q4" }));
  expect(first.values).toEqual(own.values);
  hub.silent = true;
  const again = ok(await load(empty, { source: "owner/package", hub: hub.url }));
  expect(again.values).toEqual(own.values);
});

test("files that were chosen, of a checkpoint or of a package", async ({ empty, hub }) => {
  const files = [...checkpoint("siglip-2")].map(([name, body]) => ({
    name,
    base64: body.toString("base64"),
  }));
  const chosen = await run(
    empty,
    async ({ Agff }, files) => {
      const all = files.map(({ name, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        return new File([bytes], name, { lastModified: 1 });
      });
      const agff = await Agff.load(all, { device: "cpu", dtype: "q8" });
      const { values } = await agff.embedText("a red mug");
      await agff.dispose();
      const none = await Agff.load([all[0]!], { device: "cpu" }).catch(
        (error: { code: string }) => error.code,
      );
      return { values: [...values], none };
    },
    files,
  );
  const remote = ok(await load(empty, { hub: hub.url }));
  expect(chosen.values).toEqual(remote.values);
  expect(["package-file-missing", "package-family"]).toContain(chosen.none);
});

test("what cannot be loaded is named before the weights are fetched", async ({ empty, hub }) => {
  const with_ = (change: (files: Map<string, Buffer>) => void) => {
    const files = checkpoint("siglip-2");
    change(files);
    hub.repositories.set(NAME, { commit: COMMIT, files });
    hub.take();
    return load(empty, { hub: hub.url });
  };
  const json = (body: object) => Buffer.from(JSON.stringify(body));
  const cases: [string, RegExp, (files: Map<string, Buffer>) => void][] = [
    [
      "package-family",
      /qwen3_vl.*siglip/,
      (f) => f.set("config.json", json({ model_type: "llama" })),
    ],
    [
      "package-family",
      /GGUF/,
      (f) => f.delete("model.safetensors") && f.set("model.gguf", json({})),
    ],
    ["package-family", /ONNX/, (f) => f.delete("model.safetensors") && f.set("a/m.onnx", json({}))],
    [
      "package-family",
      /pickle/,
      (f) => f.delete("model.safetensors") && f.set("pytorch_model.bin", json({})),
    ],
    ["package-file-missing", /config\.json/, (f) => f.delete("config.json")],
    ["config", /JSON/, (f) => f.set("config.json", Buffer.from("{"))],
    [
      "package-tensor",
      /header/,
      (f) => f.set("model.safetensors", Buffer.from([0, 0, 0, 12, 0, 0, 0, 0, 1, 1, 1, 1])),
    ],
    [
      "package-tensor",
      /not in the checkpoint|shape/,
      (f) => f.set("model.safetensors", checkpoint("clip-openai").get("model.safetensors")!),
    ],
  ];
  for (const [code, says, change] of cases) {
    const error = failed(await with_(change));
    expect(error.code, JSON.stringify(error)).toBe(code);
    expect(error.message).toMatch(says);
  }
  const nobody = failed(await load(empty, { source: "owner/nothing", hub: hub.url }));
  expect(nobody).toMatchObject({ code: "package-file-missing", subject: "owner/nothing" });
});

test("a plan says what a model takes, and whether there is room", async ({ empty, hub }) => {
  const plan = await run(
    empty,
    ({ Agff }, { name, hub }) => Agff.plan(name, { hub, dtype: "q8", device: "cpu" }),
    { name: NAME, hub: hub.url },
  );
  expect(plan).toMatchObject({ name: "siglip-2", family: "siglip", fits: true, reason: "" });
  expect(plan.package).toBe(plan.device + plan.tokenTable);
  expect(plan.download).toBeGreaterThan(plan.package);
  expect(hub.take().some(({ path }) => path.includes("safetensors"))).toBe(false);
  const nano = await run(empty, ({ Agff }) => Agff.plan("agff-nano", { device: "cpu" }), undefined);
  expect(nano).toMatchObject({ name: "agff-nano", family: "qwen3_vl", parameters: undefined });
});

test("a device that is too small is told so before the download", async ({ page, server, hub }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "deviceMemory", { get: () => 0.0001 });
  });
  await page.goto(server.url);
  const error = failed(await load(page, { hub: hub.url, worker: false }));
  expect(error.code).toBe("memory");
  expect(error.message).toContain("q4");
  const plan = await run(
    page,
    ({ Agff }, { name, hub }) => Agff.plan(name, { hub, device: "cpu" }),
    { name: NAME, hub: hub.url },
  );
  expect(plan.fits).toBe(false);
});

test("in memory, without a worker, and damaged in the cache", async ({ empty, hub }) => {
  const expected = ok(await load(empty, { hub: hub.url, cache: "memory" }));
  const direct = ok(await load(empty, { hub: hub.url, worker: false, cache: false }));
  expect(direct.values).toEqual(expected.values);
  const stored = ok(await load(empty, { hub: hub.url }));
  expect(stored.values).toEqual(expected.values);
  await empty.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const agff = await root.getDirectoryHandle("agff");
    const files = await agff.getDirectoryHandle("files");
    let largest: { handle: FileSystemFileHandle; size: number } | undefined;
    for await (const handle of files.values()) {
      const { size } = await (handle as FileSystemFileHandle).getFile();
      if (size > (largest?.size ?? 0)) largest = { handle: handle as FileSystemFileHandle, size };
    }
    const writer = await largest!.handle.createWritable({ keepExistingData: true });
    await writer.write({ type: "write", position: largest!.size - 5, data: new Uint8Array([9]) });
    await writer.close();
  });
  const mended = ok(await load(empty, { hub: hub.url }));
  expect(mended.values).toEqual(expected.values);
  expect(mended.cache.repaired).toBeGreaterThan(0);
  // And all of it can be thrown away by what it was loaded with.
  const left = await run(
    empty,
    async ({ Agff }, { name, hub }) => {
      const before = (await Agff.cache.list()).length;
      await Agff.cache.delete(name, { hub });
      return [before, (await Agff.cache.list()).length];
    },
    { name: NAME, hub: hub.url },
  );
  expect(left).toEqual([1, 0]);
});
