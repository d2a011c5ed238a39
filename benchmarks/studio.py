"""Milliseconds from a key stroke to its answer: the server of the studio, asked over HTTP as its page asks it.

    .venv/bin/python benchmarks/studio.py

Each text is new: a path added or dropped, a value fixed or changed, a label. The answer has diagnostics, the picture as
SVG (the first one that is found: `hurry`), the fit with its measures and certificate, estimates, modification indices
and residuals. `page` is the time from the start of the command to the first page, `first` to the first answer, with
libraries to load; `of the processor` is the median of what the process that fits and draws has worked.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models import DEMOCRACY

ROOT = Path(__file__).parent.parent
POLDEM = f"#' data: poldem.csv\n{DEMOCRACY}\n"
CHANGES = {
    "Political Democracy": [("dem65 ~ ind60 + ", "dem65 ~ "), ("y6 ~~ y8\n", ""), ("x1 + x2", "x1 + 2.1*x2"),
                            ("y1 ~~ y5", "y1 ~~ a*y5"), ("y3 ~~ y7", "y3 ~~ y7\nx2 ~~ y1")],
    "Figure 3-1, 35 items": [("\nsuccess ~ synergy", "\nsynergy ~ competition\nsuccess ~ synergy"),
                             ("innovation := ", "whole := "), ("capital_1*", "capital_1*0.2*"),
                             ("\nsuccess ~ synergy", "\ncapital_market ~~ 0*competition\nsuccess ~ synergy"),
                             ("\nsuccess ~ synergy", "\nnetwork_market ~ network_clinical\nsuccess ~ synergy")],
}  # fmt: skip
STROKES = 60


def prepare(folder: Path) -> dict[str, str]:
    """The files of both models; their names."""
    shutil.copy(ROOT / "tests/oracles/data/poldem.csv", folder)
    (folder / "poldem.lav").write_text(POLDEM)
    for name in ("model_specs/research_model.lav", "model_specs/measurement_all_stages.lav"):
        (folder / "model_specs").mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "data", folder / "data")
    return {"Political Democracy": "poldem.lav", "Figure 3-1, 35 items": "model_specs/research_model.lav"}


def iterate_texts(text: str, changes: list[tuple[str, str]]) -> Iterator[str]:
    """Texts that were not asked about before."""
    for number in range(STROKES):
        old, new = changes[number % len(changes)]
        if old not in text:
            raise ValueError(old)
        yield text.replace(old, new, 1) + f"# {number}\n"


class Studio:
    """A running command and the way to it."""

    def __init__(self, folder: Path, spec: str) -> None:
        self.begun = time.perf_counter()
        command = [sys.executable, "-c", "from sem_toolkit.cli import main; main()", "studio", spec, "--no-browser"]
        environment = os.environ | {"XDG_STATE_HOME": str(folder / ".state"), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment)
        self.processor = 0.0
        self.address, _, self.token = (self.process.stdout or sys.stdin).readline().strip().partition("/?token=")

    def ask(self, name: str, call: dict[str, Any] | None = None) -> Any:
        body = None if call is None else json.dumps(call).encode()
        headers = {"X-Studio-Token": self.token, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}{name}", body, headers)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            content = answer.read()
            self.processor = float((answer.headers["server-timing"] or "=0").rpartition("=")[2])
        return json.loads(content) if name.startswith("/api/") else content

    @property
    def elapsed(self) -> float:
        return 1000 * (time.perf_counter() - self.begun)


def measure(folder: Path, spec: str, changes: list[tuple[str, str]]) -> dict[str, float]:
    """page, first, median and the slowest tenth, in milliseconds."""
    studio = Studio(folder, spec)
    try:
        studio.ask("/")
        page = studio.elapsed
        text = studio.ask("/api/state")["text"]
        sequence, times, works = 0, [], []
        studio.ask("/api/analyse", {"text": text, "sequence": sequence, "page": "a"})
        first = studio.elapsed
        for changed in iterate_texts(text, changes):
            sequence += 1
            begun = time.perf_counter()
            answer = studio.ask("/api/analyse", {"text": changed, "sequence": sequence, "page": "a", "hurry": True})
            times.append(1000 * (time.perf_counter() - begun))
            works.append(studio.processor)
            if not (answer["svg"] and answer["fit"] and answer["fit"]["certificate"]["converged"]):
                raise ValueError(answer["diagnostics"])
        return {
            "page": page,
            "first": first,
            "median": statistics.median(times),
            "of the processor": statistics.median(works),
            "90 %": statistics.quantiles(times, n=10)[-1],
        }
    finally:
        studio.process.terminate()
        studio.process.wait()


def main() -> None:
    """Print one line a model."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for model, spec in prepare(folder).items():
            found = measure(folder, spec, CHANGES[model])
            print(f"{model:24}", *(f"{key} {value:7.0f} ms" for key, value in found.items()))


if __name__ == "__main__":
    main()
