/** Asks for a plan in a worker of its own, which loads nothing. */

import { noRoom, tooLarge } from "./checkpoint-room.js";
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
    const reason = tooLarge(plan, kind) ?? (await noRoom(plan.package)) ?? "";
    return { ...plan, fits: reason === "", reason };
  } finally {
    link.close();
  }
}
