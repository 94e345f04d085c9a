/**
 * The page: loads the model, takes photos, and ranks them by a sentence.
 *
 * `?device=cpu`, `?device=gpu` and `?model=URL` choose another device or package.
 */

import { Agff, AgffError, type Embedding, type LoadProgress } from "agff";
import { byId } from "./dom";
import { type Found, fromDrop, fromFiles, fromFolder } from "./files";
import { Library, type Photo } from "./library";
import { count, showLegend, showPhotos, showProblems } from "./view";

const SAMPLES = [
  "astronaut",
  "carrots",
  "cat",
  "coffee",
  "galaxies",
  "lemons",
  "oranges",
  "pineapples",
  "red-peppers",
  "rocket",
];

const address = new URLSearchParams(location.search);
const query = byId<HTMLInputElement>("query");

/** What the photos are ranked by: a text or a photo in words, its embedding, and whose that is. */
let ranking: { text: string; embedding: Embedding; model: Agff } | undefined;
let current: Photo | undefined;
let leftOut = 0;

showLegend();
const model = load();
const library = new Library(model, (photo) => {
  current = photo;
  draw();
});
model.catch(fail);
listen();

async function load(): Promise<Agff> {
  const device = address.get("device") ?? "auto";
  if (device !== "auto" && device !== "cpu" && device !== "gpu") {
    throw new AgffError("input", "?device=", `${device} is none of auto, cpu and gpu`);
  }
  const loaded = await Agff.load(address.get("model") ?? "./models/agff-nano", {
    device,
    ...(address.get("limits") === "guaranteed" ? { limits: "guaranteed" as const } : {}),
    onProgress: showLoading,
  });
  const { info } = loaded;
  const name = info.device.name ? ` (${info.device.name})` : "";
  const why = info.device.reason ? `, because ${info.device.reason}` : "";
  byId("device").textContent = `Running on the ${info.device.kind.toUpperCase()}${name}${why}.`;
  byId("about").textContent =
    `Model ${info.name}, ${info.dtype} weights, ${count(info.views.length, "view")} of ` +
    `${info.dimensions[0]} dimensions, licence ${info.licence}.`;
  byId("untrained").hidden = info.trained;
  byId("work").hidden = true;
  document.body.dataset["state"] = "ready";
  return loaded;
}

async function search(text: string): Promise<void> {
  if (text === "") {
    ranking = undefined;
    draw();
    return;
  }
  try {
    const loaded = await model;
    // What was typed meanwhile is newer.
    if (query.value.trim() !== text) return;
    const embedding = await loaded.embedText(text);
    if (query.value.trim() !== text) return;
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    const cut = embedding.truncated ? " (cut: too long)" : "";
    ranking = { text: `“${shown}”${cut}`, embedding, model: loaded };
    clearFailure();
    draw();
  } catch (error) {
    fail(error);
  }
}

function draw(): void {
  const { photos, waiting } = library;
  const ranked = ranking ? library.rank(ranking.model, ranking.embedding) : [];
  const placed = new Set(ranked.map(({ photo }) => photo));
  const rest = photos.filter((photo) => !photo.error && !placed.has(photo));
  showPhotos(ranked, rest, (photo) => void rankLike(photo));
  showProblems(photos, leftOut);
  byId("results-title").textContent = ranking
    ? `${count(ranked.length, "photo")} ranked by ${ranking.text}`
    : count(rest.length, "photo");

  const done = photos.length - waiting;
  byId("stop").hidden = waiting === 0;
  // Until the model is there, its own progress is shown.
  if (document.body.dataset["state"] === "ready") byId("work").hidden = waiting === 0;
  if (current && waiting > 0) {
    showProgress(
      done,
      photos.length,
      `Reading photo ${done + 1} of ${photos.length}: ${current.file.name}`,
    );
  }
  byId("drop").classList.toggle("small", photos.length > 0);
  document.body.dataset["waiting"] = String(waiting);
}

async function rankLike(photo: Photo): Promise<void> {
  if (!photo.embedding) return;
  query.value = "";
  const text = `photos like ${photo.file.name}`;
  ranking = { text, embedding: photo.embedding, model: await model };
  draw();
}

function listen(): void {
  let typing = 0;
  byId<HTMLFormElement>("search").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    void search(query.value.trim());
  });
  query.addEventListener("input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => void search(query.value.trim()), 350);
  });

  for (const [button, input, found] of [
    ["choose", "files", fromFiles],
    ["choose-folder", "folder", fromFolder],
  ] as const) {
    const files = byId<HTMLInputElement>(input);
    byId(button).addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      void add(found(files.files ?? []));
      files.value = "";
    });
  }
  byId("samples").addEventListener("click", () => void addSamples());
  byId("stop").addEventListener("click", () => library.stop());
  byId("clear").addEventListener("click", () => {
    ranking = undefined;
    leftOut = 0;
    query.value = "";
    library.clear();
  });

  const drop = byId("drop");
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer) fromDrop(event.dataTransfer).then(add).catch(fail);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) void add(fromFiles(files));
  });
}

async function add({ photos, others }: Found): Promise<void> {
  if (photos.length === 0) {
    fail(new AgffError("input", "", "there are no JPEG, PNG, WebP or GIF photos in this folder"));
    return;
  }
  clearFailure();
  leftOut += others;
  try {
    await library.add(photos);
  } catch (error) {
    fail(error);
  }
}

async function addSamples(): Promise<void> {
  try {
    const photos = await Promise.all(
      SAMPLES.map(async (name) => {
        const response = await fetch(`./samples/${name}.jpg`);
        if (!response.ok)
          throw new AgffError("fetch", name, `the server answered ${response.status}`);
        return new File([await response.blob()], `${name}.jpg`, { type: "image/jpeg" });
      }),
    );
    await add({ photos, others: 0 });
  } catch (error) {
    fail(error);
  }
}

function showLoading({ phase, loaded, total, file }: LoadProgress): void {
  if (phase === "ready") return;
  const what = {
    engine: "Fetching the engine",
    package: `Loading the model: ${file}`,
    upload: "Preparing the model",
  }[phase];
  const megabytes = (loaded / 1e6).toFixed(1);
  const size = total > 0 ? `${megabytes} of ${(total / 1e6).toFixed(1)} MB` : `${megabytes} MB`;
  byId("work").hidden = false;
  showProgress(loaded, total, `${what} (${size})`);
}

function showProgress(done: number, total: number, text: string): void {
  const bar = byId<HTMLProgressElement>("progress");
  if (total > 0) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
  byId("progress-text").textContent = text;
}

function fail(error: unknown): void {
  const known = error instanceof AgffError ? error : undefined;
  const subject = known?.subject ? `${known.subject}: ` : "";
  const message = error instanceof Error ? error.message : String(error);
  const code = known ? ` [${known.code}]` : "";
  byId("failure").textContent = `${subject}${message}${code}`;
  byId("failure").hidden = false;
  if (document.body.dataset["state"] !== "ready") {
    document.body.dataset["state"] = "failed";
    byId("device").textContent = "The model could not be loaded.";
    byId("work").hidden = true;
  }
}

function clearFailure(): void {
  byId("failure").hidden = true;
}
