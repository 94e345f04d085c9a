import type { Agff, LoadProgress } from "agff";
import { photo } from "agff/photo";
import { type DragEvent, useState } from "react";
import { useAgff } from "./useAgff";
import { type Ranked, usePhotos, useRanking } from "./usePhotos";

export function App() {
  const model = useAgff(photo);
  return (
    <main>
      <h1>Photo search</h1>
      {model.status === "loading" && <p role="status">{describe(model.progress)}</p>}
      {model.status === "failed" && <p role="alert">{model.error.message}</p>}
      {model.status === "ready" && <Search agff={model.agff} />}
    </main>
  );
}

function Search({ agff }: { agff: Agff }) {
  const [text, setText] = useState("");
  const { photos, problems, progress, add } = usePhotos(agff);
  const { ranked, problem } = useRanking(agff, photos, text.trim());
  const { name, trained, device } = agff.info;

  const drop = (event: DragEvent) => {
    event.preventDefault();
    void add([...event.dataTransfer.files]);
  };

  return (
    <div className="drop" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <p role="status">
        {progress
          ? `${progress.done} of ${progress.total} photos`
          : `${name} runs on the ${device.kind.toUpperCase()}.`}
        {!trained && " The model is not trained yet: the order means nothing."}
      </p>
      <label>
        Drop photos here, or choose them:{" "}
        <input
          type="file"
          accept="image/*"
          multiple
          onChange={({ target }) => {
            void add([...(target.files ?? [])]);
            target.value = "";
          }}
        />
      </label>
      <input
        type="search"
        aria-label="Find"
        placeholder="a cat looks into the camera"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      {[...problems, ...(problem ? [problem] : [])].map((line, i) => (
        <p key={i} role="alert">
          {line}
        </p>
      ))}
      <ol>
        {ranked.map((photo) => (
          <Figure key={photo.url} photo={photo} />
        ))}
      </ol>
    </div>
  );
}

function Figure({ photo: { url, name, score } }: { photo: Ranked }) {
  return (
    <li>
      <figure>
        <img src={url} alt={name} />
        <figcaption>{score === undefined ? name : score.toFixed(4)}</figcaption>
      </figure>
    </li>
  );
}

function describe(progress: LoadProgress | undefined): string {
  if (!progress || progress.total === 0) return "Loading…";
  return `Loading (${progress.phase}) ${Math.round((100 * progress.loaded) / progress.total)} %`;
}
