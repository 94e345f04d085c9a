/**
 * The document that runs the model; nobody sees it. A popup connects, sends `{ images }`, the addresses
 * of the page's images, and `{ text }` whenever something was typed. It is told
 *
 *     { done, total, failed }       how far the embedding is
 *     { hits: [{ url, score }] }    the images by their similarity to the text
 *     { problem }                   what went wrong
 */

import { Agff } from "./node_modules/agff/dist/index.js";

/** The embeddings of images by address, the newest last, for as long as this document lives. */
const known = new Map();
const MOST_KNOWN = 5000;

let loading;

chrome.runtime.onConnect.addListener((port) => {
  const closed = new AbortController();
  let typing = new AbortController();
  let images = [];
  let query;

  port.onDisconnect.addListener(() => {
    closed.abort();
    typing.abort();
  });
  port.onMessage.addListener((message) => {
    if (message.images) embed(message.images).catch(fail);
    else search(message.text).catch(fail);
  });

  async function embed(urls) {
    images = urls;
    const agff = await model();
    const missing = urls.filter((url) => !known.has(url));
    let failed = 0;
    let done = urls.length - missing.length;
    send({ done, total: urls.length, failed });
    for await (const { index, embedding } of agff.embedImages(missing, { signal: closed.signal })) {
      done++;
      if (embedding) remember(missing[index], embedding);
      else failed++;
      send({ done, total: urls.length, failed });
      if (query) rank(agff);
    }
  }

  async function search(text) {
    typing.abort();
    typing = new AbortController();
    const { signal } = typing;
    const agff = await model();
    const embedding = text === "" ? undefined : await agff.embedText(text, { signal });
    if (signal.aborted) return;
    query = embedding;
    rank(agff);
  }

  function rank(agff) {
    const score = (url) => (query ? agff.similarity(query, known.get(url)).score : 0);
    const hits = images.filter((url) => known.has(url)).map((url) => ({ url, score: score(url) }));
    send({ hits: query ? hits.sort((a, b) => b.score - a.score) : [] });
  }

  function send(message) {
    if (!closed.signal.aborted) port.postMessage(message);
  }

  function fail(error) {
    if (error.code !== "aborted") send({ problem: error.message });
  }
});

/** The model, loaded when it is first needed. */
function model() {
  loading ??= Agff.load().catch((error) => {
    // The next search tries again.
    loading = undefined;
    throw error;
  });
  return loading;
}

function remember(url, embedding) {
  known.set(url, embedding);
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value);
}
