/** The popup: what is typed here orders the images of the page; a click on one shows it in the page. */

const [query, status, problem, list] = ["query", "status", "problem", "hits"].map((id) =>
  document.getElementById(id),
);

try {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  const images = await imagesOf(tab.id);
  const { error } = await chrome.runtime.sendMessage("open");
  if (error) throw new Error(error);
  const port = chrome.runtime.connect();
  port.onMessage.addListener(({ done, total, failed, hits, problem: text }) => {
    if (text !== undefined) [status.textContent, problem.textContent] = ["", text];
    else if (hits) list.replaceChildren(...hits.map((hit) => item(hit, tab.id)));
    else status.textContent = describe(done, total, failed);
  });
  port.postMessage({ images });
  const send = () => port.postMessage({ text: query.value.trim() });
  query.addEventListener("input", send);
  // It may have been typed already.
  send();
} catch (error) {
  // Some pages, such as the browser's own, let no extension in.
  [status.textContent, problem.textContent] = ["", error.message];
}

/** Addresses of the images in a tab that are large enough to be photos, each once. */
async function imagesOf(tabId) {
  const [{ result }] = await chrome.scripting.executeScript({
    target: { tabId },
    func: () =>
      [...document.images]
        .filter(({ naturalWidth, naturalHeight }) => Math.min(naturalWidth, naturalHeight) >= 64)
        .map(({ currentSrc }) => currentSrc),
  });
  return [...new Set(result)].filter((url) => /^(https?|data):/.test(url));
}

function item({ url, score }, tabId) {
  const [item, button, image] = ["li", "button", "img"].map((tag) => document.createElement(tag));
  image.src = url;
  image.alt = "";
  button.append(image, score.toFixed(4));
  button.addEventListener("click", () => show(url, tabId));
  item.append(button);
  return item;
}

/** Scrolls to an image in the page and frames it. */
async function show(url, tabId) {
  await chrome.scripting.executeScript({
    target: { tabId },
    args: [url],
    func: (url) => {
      const image = [...document.images].find(({ currentSrc }) => currentSrc === url);
      image?.scrollIntoView({ behavior: "smooth", block: "center" });
      image?.animate(
        [{ outline: "6px solid #3b4cca" }, { outline: "6px solid transparent" }],
        3000,
      );
    },
  });
}

function describe(done, total, failed) {
  if (total === 0) return "There are no images on this page.";
  const unusable = failed > 0 ? `, ${failed} could not be used` : "";
  return `${done} of ${total} images${unusable}`;
}
