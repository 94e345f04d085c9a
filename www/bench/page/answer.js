/** Answers the calls of contestants.js in a worker. */
export function answer(verbs) {
  self.onmessage = async ({ data: { id, verb, argument } }) => {
    try {
      self.postMessage({ id, result: await verbs[verb](argument) });
    } catch (error) {
      self.postMessage({ id, error: String(error?.stack ?? error) });
    }
  };
}
