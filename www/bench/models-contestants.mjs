/** Who takes part in the comparison of whole models; page/contestants.js runs them. */

/** Ways to run this library with so many threads: the options of `Agff.load`. */
const OURS = [{ name: "agff", options: (threads) => ({ threads }) }];

/** Ours and the peers, each with every number of threads. */
export function contestants(model, dtype, threads) {
  const each = (kind, name, options) =>
    threads.map((count) => ({
      name: `${name}, ${count} thread${count > 1 ? "s" : ""}`,
      kind,
      model,
      dtype,
      threads: count,
      options: options?.(count),
    }));
  return {
    ours: OURS.flatMap(({ name, options }) => each("ours", name, options)),
    theirs: each("theirs", "transformers.js"),
    runtime: each("runtime", "ORT Web"),
  };
}
