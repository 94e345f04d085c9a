/** Adding photos of twelve megapixels to an index in a page: what indexing.mjs times. */

const [WIDTH, HEIGHT] = [4000, 3000];
/** Photos that are really different; the others are copies with a few bytes behind the picture's end. */
const DIFFERENT = 8;
/** How often the page's own thread is looked at, in milliseconds. */
const TICK = 5;

/** Seconds to add `count` photos with these options of `Agff.load`, and the longest that the page was blocked. */
export async function indexing(options, count) {
  const { Agff } = await import("/agff/dist/index.js");
  const url = new URL("/models/photo-q8", location.href).href;
  const agff = await Agff.load(url, { device: "cpu", cache: "memory", ...options });
  const pictures = await Promise.all(Array.from({ length: DIFFERENT }, (_, i) => picture(i)));
  const files = Array.from({ length: count }, (_, i) => {
    const tail = new TextEncoder().encode(String(i));
    return new File([pictures[i % DIFFERENT], tail], `${i}.jpg`, { type: "image/jpeg" });
  });
  // What starts once is started: threads, workers, the index's own module.
  const index = await agff.openIndex(`bench-${Math.random()}`);
  await index.add([0, 1, 2, 3].map((i) => new File([pictures[i], "start"], `start-${i}.jpg`)));

  let [last, blocked] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    [last, blocked] = [now, Math.max(blocked, now - last - TICK)];
  }, TICK);
  const start = performance.now();
  const { added, failed } = await index.add(files);
  const seconds = (performance.now() - start) / 1000;
  clearInterval(timer);
  if (added !== count || failed.length > 0) throw new Error(`${added} of ${count} were added`);
  const { threads } = agff.info.device;
  await index.close();
  await agff.dispose();
  return { seconds, blocked, threads, megabytes: files[0].size / 1e6 };
}

/** A part of a sample, enlarged, with noise as of a sensor. */
async function picture(i) {
  const names = ["boats.jpg", "city-sunset.jpg", "coral-reef.jpg", "colosseum.jpg"];
  const bitmap = await createImageBitmap(
    await (await fetch(`/samples/${names[i % names.length]}`)).blob(),
  );
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d");
  const share = 0.6 + 0.05 * i;
  const [w, h] = [bitmap.width * share, bitmap.height * share];
  context.drawImage(bitmap, 0, 0, w, h, 0, 0, WIDTH, HEIGHT);
  const tile = context.createImageData(250, 250);
  for (let at = 0; at < tile.data.length; at += 4) {
    const value = (Math.imul(at + 7919 * (i + 1), 2654435761) >>> 24) & 255;
    tile.data.set([value, value, value, 40], at);
  }
  const noise = new OffscreenCanvas(250, 250);
  noise.getContext("2d").putImageData(tile, 0, 0);
  context.fillStyle = context.createPattern(noise, "repeat");
  context.fillRect(0, 0, WIDTH, HEIGHT);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}
