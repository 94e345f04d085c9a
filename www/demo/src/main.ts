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

/** What the photos are ranked by: its words or its photo, and the embedding. */
let ranking: { text: string; embedding: Embedding } | undefined;
let current: Photo | undefined;
let leftOut = 0;

showLegend();
// Photos may be dropped while the model is still loading; they wait for it.
const library = load();
library.catch((error: unknown) => fail(error));
listen();

async function load(): Promise<Library> {
  const wanted = address.get("device");
  const model = await Agff.load(address.get("model") ?? "./models/agff-nano", {
    device: wanted === "cpu" || wanted === "gpu" ? wanted : "auto",
    ...(address.get("limits") === "guaranteed" ? { limits: "guaranteed" as const } : {}),
    onProgress: showLoading,
  });
  const { info } = model;
  const name = info.device.name ? ` (${info.device.name})` : "";
  const why = info.device.reason ? `, because ${info.device.reason}` : "";
  byId("device").textContent = `Running on the ${info.device.kind.toUpperCase()}${name}${why}.`;
  byId("device").dataset["kind"] = info.device.kind;
  byId("about").textContent =
    `Model ${info.name}, ${info.dtype} weights, ${count(info.views.length, "view")} of ` +
    `${info.dimensions[0]} dimensions, licence ${info.licence}.`;
  byId("untrained").hidden = info.trained;
  byId("work").hidden = true;
  document.body.dataset["state"] = "ready";
  const made: Library = new Library(model, (photo) => {
    current = photo;
    draw(made);
  });
  search = (text) => searchIn(model, made, text);
  return made;
}

/** Set once the model is there. */
let search: (text: string) => Promise<void> = async () => {};

async function searchIn(model: Agff, made: Library, text: string): Promise<void> {
  if (text === "") {
    ranking = undefined;
    draw(made);
    return;
  }
  try {
    const embedding = await model.embedText(text);
    // What was typed meanwhile is newer.
    if (query.value.trim() !== text) return;
    ranking = { text: `“${text}”${embedding.truncated ? " (cut: too long)" : ""}`, embedding };
    clearFailure();
    draw(made);
  } catch (error) {
    fail(error);
  }
}

function draw(made: Library): void {
  const ranked = ranking ? made.rank(ranking.embedding) : [];
  const placed = new Set(ranked.map(({ photo }) => photo));
  const rest = made.photos.filter((photo) => !photo.error && !placed.has(photo));
  showPhotos(ranked, rest, (photo) => {
    if (!photo.embedding) return;
    query.value = "";
    ranking = { text: `photos like ${photo.file.name}`, embedding: photo.embedding };
    draw(made);
  });
  showProblems(made.photos, leftOut);
  byId("results-title").textContent = ranking
    ? `${count(ranked.length, "photo")} ranked by ${ranking.text}`
    : count(rest.length, "photo");

  const { waiting } = made;
  const done = made.photos.length - waiting;
  byId("work").hidden = waiting === 0;
  byId("stop").hidden = waiting === 0;
  if (waiting > 0) {
    const name = current ? `: ${current.file.name}` : "";
    showProgress(
      done,
      made.photos.length,
      `Reading photo ${done + 1} of ${made.photos.length}${name}`,
    );
  }
  byId("drop").classList.toggle("small", made.photos.length > 0);
  document.body.dataset["waiting"] = String(waiting);
}

function listen(): void {
  byId<HTMLFormElement>("search").addEventListener("submit", (event) => {
    event.preventDefault();
    void search(query.value.trim());
  });
  let typing = 0;
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
  byId("stop").addEventListener("click", () => void library.then((made) => made.stop()));
  byId("clear").addEventListener("click", () => {
    ranking = undefined;
    leftOut = 0;
    query.value = "";
    void library.then((made) => made.clear());
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
    await (await library).add(photos);
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
  const what = phase === "engine" ? "Fetching the engine" : `Loading the model: ${file}`;
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
