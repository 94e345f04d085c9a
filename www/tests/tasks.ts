/** The long tasks of a page, from a trace of the browser. */

import { expect, type Page } from "@playwright/test";

/** Milliseconds from which on a task is a long one. */
export const LONG = 50;

/** The page's long tasks while something is done, in milliseconds. */
export interface Tasks {
  /** By the clock. On a machine where others work too, most of that is waiting. */
  took: number[];
  /** By what the page's thread has computed, where the browser's trace says that. */
  computed: number[];
}

interface TraceEvent {
  ph: string;
  name: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** Does something and tells the long tasks of the page's main thread meanwhile. */
export async function tasksOf(page: Page, what: string, work: () => Promise<void>): Promise<Tasks> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ["toplevel"] });
  await work();
  await page.waitForTimeout(300);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(thread),
  );
  const tasks = traceEvents.filter(
    (event) =>
      event.ph === "X" && event.name === "ThreadControllerImpl::RunTask" && main.has(thread(event)),
  );
  expect(tasks.length, "tasks in the trace").toBeGreaterThan(10);
  // Without these times nothing would be judged.
  const timed = tasks.filter(({ tdur }) => tdur !== undefined).length;
  expect(timed, "tasks with their thread's time").toBeGreaterThan(tasks.length / 2);
  const long = (key: "dur" | "tdur") =>
    tasks.map((task) => Math.round((task[key] ?? 0) / 1000)).filter((time) => time > LONG);
  const found = { took: long("dur"), computed: long("tdur") };
  console.log(
    `${what}: tasks over ${LONG} ms by the clock ${JSON.stringify(found.took)}, computing ${JSON.stringify(found.computed)}`,
  );
  return found;
}
