"""Times whole models natively, from a file's bytes to its vector: agff beside PyTorch and ONNX Runtime, in turn.

    python bench_native.py OUT --agff PROGRAM [--photo PACKAGE] [--only siglip,clip,…] [--dtypes f32,q8]
        [--threads 1,2] [--rounds 9]

OUT is the folder that bench_checkpoints.py and bench_onnx.py fill, with the packages `OUT/NAME-DTYPE` beside; PROGRAM
is the built examples/models.rs. Every contestant is a process of its own, which answers one line at a time. Results go
to OUT/results.json; `node www/bench/models-report.mjs OUT` prints them.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "www" / "demo" / "public" / "samples"
TEXTS = [
    "a dog on the beach",
    "two people ride bicycles along a river in the evening",
    "an old wooden table with a cup of coffee, three books, a pair of glasses and a vase of yellow flowers near a window",
]


class Contestant:
    def __init__(self, name: str, command: list, environment: dict | None = None):
        self.name, self.ours = name, name.startswith("agff")
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | (environment or {}),
        )
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"{name} did not start")
        self.load = 1e3 * (time.perf_counter() - start)

    def ask(self, question: str) -> tuple[float, np.ndarray]:
        """Milliseconds, and the unit vector."""
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        milliseconds, *values = map(float, self.process.stdout.readline().split())
        return milliseconds, np.array(values) / np.linalg.norm(values)

    def peak(self) -> int | None:
        """Most bytes that it has had in memory."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        return next(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def contestants(args, model: str, dtype: str, threads: int) -> list[Contestant]:
    named = lambda name: f"{name}, {threads} thread{'s' if threads > 1 else ''}"
    exported = (args.out / model / "onnx").exists()
    peers = ["torch"] * (dtype == "f32" or not exported) + ["onnx"] * exported
    found = [
        Contestant(named({"torch": "PyTorch f32", "onnx": "ONNX Runtime"}[kind]), [
            sys.executable, HERE / "bench_peer.py", kind, args.out / model, dtype, threads,
            *(["--photo", args.photo] if args.photo else []),
        ], {"OMP_NUM_THREADS": str(threads)})
        for kind in peers
    ]
    ours = Contestant(named("agff"), [args.agff, args.out / f"{model}-{dtype}"], {"RAYON_NUM_THREADS": str(threads)})
    return [ours, *found]


def pictures(folder: Path, side: int) -> tuple[list[Path], Path]:
    """Two photos of the size that the model sees, and a JPEG of one megapixel."""
    exact = []
    for name in ("cat", "coffee"):
        exact.append(folder / f"{name}-{side}.png")
        Image.open(SAMPLES / f"{name}.jpg").resize((side, side)).save(exact[-1])
    large = folder / "large.jpg"
    Image.open(SAMPLES / "coffee.jpg").resize((1000, 1000)).save(large, quality=85)
    return exact, large


def side(model: Path) -> int:
    """Of a square picture that the model does not resize."""
    size = json.loads((model / "preprocessor_config.json").read_text())["size"]
    # Qwen's are numbers of pixels.
    return math.isqrt(size["longest_edge"]) if "longest_edge" in size else size.get("height") or size["shortest_edge"]


def race(rows: list[Contestant], questions: list[str], rounds: int) -> dict:
    """Best and median milliseconds for a question, of each."""
    times = {row.name: [] for row in rows}
    for row in rows:
        for question in questions:
            row.ask(question)
    for turn in range(rounds):
        for i in range(len(rows)):
            row = rows[(i + turn) % len(rows)]
            # Threads go on spinning for a while when their work is done.
            time.sleep(0.2)
            times[row.name].append(statistics.mean(row.ask(question)[0] for question in questions))
    return {name: {"best": min(values), "median": statistics.median(values)} for name, values in times.items()}


LOOP = """
import time
start, x = time.perf_counter(), 1
for i in range(3_000_000):
    x = x * 5 % 1_000_003
print(time.perf_counter() - start)
"""


def loop() -> float:
    """Seconds for work that only computes, in a process of its own."""
    return float(subprocess.run([sys.executable, "-c", LOOP], check=True, capture_output=True).stdout)


def cores() -> float:
    """How much faster two cores are than one at the moment."""
    with ThreadPoolExecutor(2) as pool:
        alone, both = [], []
        for _ in range(3):
            alone.append(loop())
            both.append(max(pool.map(lambda _: loop(), range(2))))
    return 2 * statistics.median(alone) / statistics.median(both)


def compare(args, model: str, dtype: str, threads: int) -> list[dict]:
    exact, large = pictures(args.out, side(args.out / model))
    before = cores()
    rows = contestants(args, model, dtype, threads)
    results = []
    for given, checks, timed in [
        ("photo", [f"photo {path}" for path in exact], [f"photo {large}"]),
        ("text", *[[f"text {words}" for words in TEXTS]] * 2),
    ]:
        vectors = {row.name: [row.ask(question)[1] for question in checks] for row in rows}
        reference = args.out / model / f"reference-{given}.npy"
        if dtype == "f32":
            np.save(reference, vectors[rows[1].name])
        expected = np.load(reference) if reference.exists() else None
        cosine = lambda row: None if expected is None else float(np.sum(vectors[row.name] * expected, 1).min())
        for row in rows:
            if dtype == "f32" and cosine(row) < 0.9999:
                raise SystemExit(f"{model}: {row.name} has other vectors: {cosine(row)}")
        times = race(rows, timed, args.rounds)
        results.append({
            "part": "whole", "where": f"natively, {threads}", "model": model, "dtype": dtype, "input": given,
            "contestants": [
                {"name": row.name, "ours": row.ours, "threads": threads, "load": row.load, "peak": row.peak()}
                | times[row.name] | ({} if cosine(row) is None else {"cosine": cosine(row)})
                for row in rows
            ],
        })
    for row in rows:
        row.close()
    c = min(before, cores())
    print(f"{model} {dtype}, {threads} threads: two cores do {c:.2f} × one{': busy' if c < 1.6 else ''}", flush=True)
    return [result | {"cores": c} for result in results]


def keep(file: Path, results: list[dict]) -> None:
    """Puts results in the place of those of the same race, as www/bench/models-report.mjs does."""
    identity = lambda result: [result.get(key) for key in ("part", "where", "model", "dtype", "input", "name")]
    fresh = [identity(result) for result in results]
    kept = [result for result in json.loads(file.read_text()) if identity(result) not in fresh] if file.exists() else []
    file.write_text(json.dumps(kept + results, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--agff", type=Path, required=True)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--only", default="siglip,clip,photo,qwen-nano,qwen-slice")
    parser.add_argument("--dtypes", default="f32,q8")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=9)
    args = parser.parse_args()
    results = [
        result
        for model in args.only.split(",") for dtype in args.dtypes.split(",") for threads in args.threads.split(",")
        for result in compare(args, model, dtype, int(threads))
    ]
    keep(args.out / "results.json", results)


main()
