/**
 * A caller's callback whose faults are reported like any uncaught one, and do not stop the work.
 */
export function guarded<P>(
  callback: ((progress: P) => void) | undefined,
): ((progress: P) => void) | undefined {
  if (!callback) return undefined;
  return (progress) => {
    try {
      callback(progress);
    } catch (error) {
      reportError(error);
    }
  };
}
