/** Orders pairs of drawings that differ in one fact by what is typed, and says which view saw it. */

// Without a bundler a page imports the files as they are installed.
import { Agff } from "./node_modules/agff/dist/index.js";

const PAIRS = [
  "airplane-fence",
  "bear-bench",
  "bicycle-bench",
  "elephant",
  "penguin",
  "sheep",
  "shirt",
  "teddy",
];
const NAMES = PAIRS.flatMap((pair) => [`${pair}-a.png`, `${pair}-b.png`]);

const [form, query, status, list] = ["form", "query", "status", "drawings"].map((id) =>
  document.getElementById(id),
);

try {
  const agff = await Agff.load("agff-nano");
  const urls = NAMES.map((name) => new URL(`drawings/${name}`, import.meta.url));
  const embeddings = [];
  for await (const { embedding, error } of agff.embedImages(urls)) {
    if (error) throw error;
    embeddings.push(embedding);
    status.textContent = `${embeddings.length} of ${urls.length} drawings`;
  }
  const items = urls.map(itemOf);
  query.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show().catch(fail);
  });
  await show();

  async function show() {
    const wanted = await agff.embedText(query.value);
    const hits = embeddings.map((embedding, i) => ({
      item: items[i],
      ...agff.similarity(wanted, embedding),
    }));
    hits.sort((a, b) => b.score - a.score);
    for (const { item, score, best } of hits) {
      item.caption.textContent = `${score.toFixed(3)}, by ${best[1]}`;
    }
    list.replaceChildren(...hits.map(({ item }) => item.element));
    status.textContent = `${agff.info.name} runs on the ${agff.info.device.kind.toUpperCase()}.`;
  }
} catch (error) {
  fail(error);
}

function itemOf(url) {
  const [element, image, caption] = ["li", "img", "div"].map((tag) => document.createElement(tag));
  image.src = url;
  image.alt = url.pathname.split("/").at(-1);
  element.append(image, caption);
  return { element, caption };
}

function fail(error) {
  status.textContent = error.message;
}
