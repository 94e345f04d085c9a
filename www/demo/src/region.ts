/** Where in a photo it matches: a rectangle over the picture, however the picture is fitted into its frame. */

import type { Hit } from "agff";

const SVG = "http://www.w3.org/2000/svg";

/** How a picture fills its frame: cut at the edges, or whole. */
export type Fit = "cover" | "contain";

/**
 * Lays a rectangle over the picture in `frame`, in the place of one that is there. Where the photo as a whole
 * decided, there is none: everything in it matches.
 */
export function markRegion(frame: Element, hit: Hit | undefined, fit: Fit): void {
  frame.querySelector(".region")?.remove();
  const image = frame.querySelector("img");
  const region = hit && hit.weights.gf + hit.weights.ff > 0.5 ? hit.region : undefined;
  if (!region || !image) return;
  const mark = document.createElementNS(SVG, "svg");
  mark.setAttribute("class", "region");
  mark.setAttribute("aria-hidden", "true");
  // As the picture is fitted, so is what lies over it.
  mark.setAttribute("preserveAspectRatio", fit === "cover" ? "xMidYMid slice" : "xMidYMid meet");
  const rectangle = document.createElementNS(SVG, "rect");
  mark.append(rectangle);
  const place = () => {
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width === 0 || height === 0) return;
    mark.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const sides = {
      x: region.x * width,
      y: region.y * height,
      width: region.width * width,
      height: region.height * height,
    };
    for (const [name, value] of Object.entries(sides)) rectangle.setAttribute(name, `${value}`);
  };
  image.addEventListener("load", place);
  place();
  frame.append(mark);
}
