/** Asks for a plan in a worker of its own, which loads nothing. */

import { tooLarge } from "./checkpoint-room.js";
import { chooseDevice } from "./device.js";
import { Link } from "./link.js";
import type { PackageLocation } from "./protocol.js";
import type { ModelPlan, PlanOptions } from "./types.js";

/** Milliseconds without a sign of life. */
const PATIENCE = 60_000;

/** What the model at this place would take, and whether there is room for it here. */
export async function plan(location: PackageLocation, options: PlanOptions): Promise<ModelPlan> {
  const { kind } = await chooseDevice(options.device ?? "auto");
  const link = new Link(kind, PATIENCE);
  try {
    const plan = await link.call("plan", { location }, { signal: options.signal });
    const memory = tooLarge(plan, kind);
    const reason = memory === undefined ? await noRoom(plan.package) : `${memory}`;
    return { ...plan, fits: reason === "", reason };
  } finally {
    link.close();
  }
}

async function noRoom(bytes: number): Promise<string> {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  if (usage === undefined || quota === undefined || usage + bytes <= quota) return "";
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  return (
    `it takes ${megabytes(bytes)} MB, and the browser has room for ` +
    `${megabytes(Math.max(0, quota - usage))} MB more of this site`
  );
}
