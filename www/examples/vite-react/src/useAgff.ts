/** A model in a component. */

import { Agff, type AgffError, type LoadOptions, type LoadProgress, type PackageUrls } from "agff";
import { useEffect, useState } from "react";

/** A model that is being loaded, is there, or could not be loaded. */
export type Model =
  | { status: "loading"; progress?: LoadProgress }
  | { status: "ready"; agff: Agff }
  | { status: "failed"; error: AgffError };

/**
 * Loads a model while the component is mounted, and gives its memory back afterwards. It is loaded
 * anew when `source` (undefined: the default model) or the device changes. Use it once, near the top, and hand the model down.
 */
export function useAgff(
  source: string | PackageUrls | undefined,
  device?: LoadOptions["device"],
): Model {
  const [model, setModel] = useState<Model>({ status: "loading" });

  useEffect(() => {
    // React mounts twice in its strict mode: the first loading is stopped, the second goes on where it was.
    const stop = new AbortController();
    const set = (next: Model) => {
      if (!stop.signal.aborted) setModel(next);
    };
    set({ status: "loading" });
    const loading = Agff.load(source, {
      device: device ?? "auto",
      signal: stop.signal,
      onProgress: (progress) => set({ status: "loading", progress }),
    });
    loading.then(
      (agff) => set({ status: "ready", agff }),
      (error: AgffError) => set({ status: "failed", error }),
    );
    return () => {
      stop.abort();
      loading.then(
        (agff) => agff.dispose(),
        () => {}, // There is nothing to give back.
      );
    };
  }, [source, device]);

  return model;
}
