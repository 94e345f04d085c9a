// A page without a bundler imports the files as they are installed.
import { Agff } from "./node_modules/agff/dist/index.js";

try {
  const agff = await Agff.load("photo", { device: "cpu" });
  const photo = await agff.embedImage("cat.jpg");
  const query = await agff.embedText("a cat looks into the camera");
  const { score } = agff.similarity(query, photo);
  const index = await agff.openIndex("photos");
  await index.add(["cat.jpg"]);
  const hits = await index.search("a cat looks into the camera");
  const copy = await agff.openIndex("copy");
  const { added } = await copy.import(await index.export("parquet"));
  document.body.textContent = JSON.stringify({ score, info: agff.info, hits, added });
} catch (error) {
  document.body.textContent = JSON.stringify({ error: `${error}`, code: error.code });
}
