/**
 * The service worker. The browser stops it whenever it is idle, and it can start no worker of its own,
 * so the model does not live here but in an offscreen document; this has that document opened.
 */

let opening;

chrome.runtime.onMessage.addListener((message, _, respond) => {
  if (message !== "open") return false;
  open().then(
    () => respond({}),
    (error) => respond({ error: error.message }),
  );
  // The answer comes later.
  return true;
});

async function open() {
  // There can be only one, and two popups may ask at the same time.
  opening ??= openOnce().finally(() => (opening = undefined));
  return opening;
}

async function openOnce() {
  const contextTypes = ["OFFSCREEN_DOCUMENT"];
  if ((await chrome.runtime.getContexts({ contextTypes })).length > 0) return;
  await chrome.offscreen.createDocument({
    url: "offscreen.html",
    reasons: ["WORKERS"],
    justification: "runs the model that compares images with a text, in a worker",
  });
}
