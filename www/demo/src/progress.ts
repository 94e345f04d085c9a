/** The line that tells how far the work is: a bar for the eye, and now and then a sentence for the ear. */

import type { LoadProgress } from "agff";
import { byId } from "./dom";
import { bytes, duration } from "./format";
import type { Work } from "./intake";
import { announce } from "./notices";

/** Milliseconds between two sentences to screen readers. */
const SELDOM = 10_000;

let said = 0;

/** Shows how far the loading of the model is, or that of photos, or nothing. */
export function showProgress(loading: LoadProgress | "begin" | undefined, work: Work): void {
  byId("work").hidden = !loading && !work.busy;
  byId("stop").hidden = !work.busy;
  if (loading) showLoading(loading === "begin" ? undefined : loading);
  else if (work.busy) showPhotos(work);
  else said = 0;
}

function showLoading(progress: LoadProgress | undefined): void {
  if (!progress) return show(0, 0, "Starting…", "");
  const { phase, loaded, total } = progress;
  const what = {
    engine: "Fetching the engine",
    package: "Fetching the model",
    upload: "Preparing the model",
    ready: "Ready",
  }[phase];
  const size = total > 0 ? `${bytes(loaded)} of ${bytes(total)}` : bytes(loaded);
  show(loaded, total, what, size);
}

function showPhotos({ done, total, eta, name }: Work): void {
  const left = eta === undefined ? "" : `, about ${duration(eta)} left`;
  const far = `${done.toLocaleString("en")} of ${total.toLocaleString("en")}${left}`;
  show(done, total, `Reading photos: ${far}`, name);
  if (performance.now() - said > SELDOM) {
    said = performance.now();
    announce(`Reading photos: ${far}`);
  }
}

function show(done: number, total: number, text: string, detail: string): void {
  const bar = byId<HTMLProgressElement>("progress");
  if (total > 0) {
    bar.max = total;
    bar.value = done;
  } else {
    bar.removeAttribute("value");
  }
  byId("progress-text").textContent = text;
  byId("progress-detail").textContent = detail;
}
