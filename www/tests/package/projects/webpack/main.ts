import { Agff, AgffError, type Hit, type Similarity } from "agff";
import { photo as model } from "agff/photo";

try {
  // The same as "photo", by the addresses that the bundler has given to the files.
  const agff = await Agff.load(model, { device: "cpu" });
  const photo = await agff.embedImage("cat.jpg");
  const query = await agff.embedText("a cat looks into the camera");
  const { score }: Similarity = agff.similarity(query, photo);
  const index = await agff.openIndex("photos");
  await index.add(["cat.jpg"]);
  const hits: Hit[] = await index.search("a cat looks into the camera");
  const copy = await agff.openIndex("copy");
  const { added } = await copy.import(await index.export("parquet"));
  document.body.textContent = JSON.stringify({ score, info: agff.info, hits, added });
} catch (error) {
  const code = error instanceof AgffError ? error.code : "";
  document.body.textContent = JSON.stringify({ error: `${error}`, code });
}
