/** Orders the photos that were chosen by how well they match what is typed. Nothing is uploaded. */

// Without a bundler a page imports the files as they are installed.
import { Agff } from "./node_modules/agff/dist/index.js";

const [files, query, status, list] = ["files", "query", "status", "photos"].map((id) =>
  document.getElementById(id),
);

/** Photos so far: `{ embedding, item, score }`, where `item` and `score` are their elements in the list. */
const photos = [];
/** The embedding of what was typed. */
let wanted;
let typing = new AbortController();

const agff = await load();
if (agff) {
  files.addEventListener("change", () => add([...files.files]));
  query.addEventListener("input", search);
  files.disabled = false;
  // It may have been typed while the model was loaded.
  await search();
}

async function load() {
  try {
    const agff = await Agff.load("photo", {
      onProgress: ({ phase, loaded, total }) => {
        const percent = total > 0 ? ` ${Math.round((100 * loaded) / total)} %` : "";
        status.textContent = `Loading (${phase})${percent}`;
      },
    });
    const { name, trained, device } = agff.info;
    const warning = trained ? "" : " It is not trained yet: the order means nothing.";
    status.textContent = `${name} runs on the ${device.kind.toUpperCase()}.${warning}`;
    return agff;
  } catch (error) {
    status.textContent = error.message;
  }
}

async function add(chosen) {
  files.disabled = true;
  const problems = [];
  const onProgress = ({ done, total }) => (status.textContent = `${done} of ${total} photos`);
  try {
    for await (const { index, name, embedding, error } of agff.embedImages(chosen, {
      onProgress,
    })) {
      // One photo that cannot be used does not stop the others.
      if (error) problems.push(`${name}: ${error.message}`);
      else show(chosen[index], embedding);
    }
  } catch (error) {
    problems.push(error.message);
  }
  if (problems.length > 0) status.textContent += `. Not used: ${problems.join("; ")}`;
  files.value = "";
  files.disabled = false;
}

function show(file, embedding) {
  const [item, image, score] = ["li", "img", "span"].map((tag) => document.createElement(tag));
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.height = 120;
  item.append(image, " ", score);
  photos.push({ embedding, item, score });
  rank();
}

async function search() {
  // What was typed before is of no interest any more.
  typing.abort();
  typing = new AbortController();
  const { signal } = typing;
  try {
    const text = query.value.trim();
    const embedding = text === "" ? undefined : await agff.embedText(text, { signal });
    if (signal.aborted) return;
    wanted = embedding;
    rank();
  } catch (error) {
    if (error.code !== "aborted") status.textContent = error.message;
  }
}

function rank() {
  const scored = photos.map((photo) => ({
    ...photo,
    value: wanted ? agff.similarity(wanted, photo.embedding).score : 0,
  }));
  if (wanted) scored.sort((a, b) => b.value - a.value);
  for (const { score, value } of scored) score.textContent = wanted ? value.toFixed(4) : "";
  list.replaceChildren(...scored.map(({ item }) => item));
}
