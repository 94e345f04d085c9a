/** The photos of the library, and their order by a text. */

import { type Agff, AgffError, type BatchProgress, type Embedding } from "agff";
import { useCallback, useEffect, useMemo, useState } from "react";

/** A photo that has been embedded. */
export interface Photo {
  name: string;
  /** An object URL, to show it. */
  url: string;
  embedding: Embedding;
}

/** Photos that were added, how far the adding is, and what could not be used. */
export function usePhotos(agff: Agff) {
  const [photos, setPhotos] = useState<readonly Photo[]>([]);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [progress, setProgress] = useState<BatchProgress>();

  const add = useCallback(
    async (files: readonly File[]) => {
      setProblems([]);
      try {
        for await (const { index, name, embedding, error } of agff.embedImages(files, {
          onProgress: setProgress,
        })) {
          // One photo that cannot be used does not stop the others.
          if (error) {
            setProblems((before) => [...before, `${name}: ${error.message}`]);
          } else {
            const url = URL.createObjectURL(files[index]!);
            setPhotos((before) => [...before, { name, url, embedding }]);
          }
        }
      } catch (error) {
        setProblems((before) => [...before, messageOf(error)]);
      }
      setProgress(undefined);
    },
    [agff],
  );

  return { photos, problems, progress, add };
}

/** A photo, and its similarity to the text if there is one. */
export interface Ranked extends Photo {
  score?: number;
}

/** The photos, the best match of the text first; in their own order while there is no text. */
export function useRanking(agff: Agff, photos: readonly Photo[], text: string) {
  const [query, setQuery] = useState<Embedding>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const embedded = text === "" ? Promise.resolve(undefined) : agff.embedText(text, { signal });
    embedded.then(
      (embedding) => {
        if (signal.aborted) return;
        setQuery(embedding);
        setProblem(undefined);
      },
      (error: unknown) => {
        if (!signal.aborted) setProblem(messageOf(error));
      },
    );
    // The next letter makes this search superfluous.
    return () => stop.abort();
  }, [agff, text]);

  const ranked = useMemo<readonly Ranked[]>(() => {
    if (!query) return photos;
    return photos
      .map((photo) => ({ ...photo, score: agff.similarity(query, photo.embedding).score }))
      .sort((a, b) => b.score - a.score);
  }, [agff, photos, query]);

  return { ranked, problem };
}

function messageOf(error: unknown): string {
  return error instanceof AgffError ? error.message : String(error);
}
