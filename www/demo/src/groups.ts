/** Pairs of photos that are nearly the same, put together into groups. */

import type { DuplicatePair } from "agff";

/** Records that are connected by pairs, and how alike the least alike pair is. */
export interface Group {
  ids: string[];
  least: number;
}

/** Puts pairs together: what is like the same photo is in the same group. The largest groups first. */
export function groups(pairs: readonly DuplicatePair[]): Group[] {
  const of = new Map<string, Group>();
  for (const { first, second, score } of pairs) {
    const [a, b] = [of.get(first), of.get(second)];
    const group = a ?? b ?? { ids: [], least: 1 };
    const more = a && b && a !== b ? b : undefined;
    for (const id of [first, second, ...(more?.ids ?? [])]) {
      if (!group.ids.includes(id)) group.ids.push(id);
      of.set(id, group);
    }
    group.least = Math.min(group.least, score, more?.least ?? 1);
  }
  return [...new Set(of.values())].sort((a, b) => b.ids.length - a.ids.length || b.least - a.least);
}
