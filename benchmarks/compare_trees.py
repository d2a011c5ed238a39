"""Hold two checkouts against each other on every reference case: no number may move that was not meant to.

    python benchmarks/compare_trees.py BASE OTHER [--cases DIR] [--tolerance 1e-10]

BASE and OTHER are checkouts (folders with sem_toolkit in them); DIR has `cases/*.json` and `data/*.csv` in the layout
of tests/oracles. Each case is fitted in a process of its tree with everything that can be asked of a fit; prints every
case that differs, with the largest differences relative to 1 or the value. Exit code 1 if any does.
"""

import argparse
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve()


def dump(cases: Path, target: Path) -> None:
    """Fit every case by the package on the path; the records, or the error's text, as a pickle."""
    import warnings

    from sem_toolkit import SemError, fit

    warnings.simplefilter("ignore")
    found = {}
    for path in sorted((cases / "cases").glob("*.json")):
        case = json.loads(path.read_text())
        data = cases / "data" / case["data"] if case.get("data") else None
        try:
            found[path.stem] = fit(case["spec"], data, **case["options"]).to_dict(everything=True)
        except SemError as fault:
            found[path.stem] = str(fault)
    target.write_bytes(pickle.dumps(found))


def list_differences(base: object, other: object, tolerance: float, where: str = "") -> list[tuple[str, float]]:
    """Places at which two records differ by more than the tolerance, relative to the larger of 1 and the value."""
    if isinstance(base, dict) and isinstance(other, dict):
        keys = [key for key in {**base, **other} if key not in {"messages", "iterations", "transcript"}]
        return [
            found
            for key in keys
            for found in list_differences(base.get(key), other.get(key), tolerance, f"{where}/{key}")
        ]
    if isinstance(base, list | tuple) and isinstance(other, list | tuple):
        if len(base) != len(other):
            return [(f"{where}: {len(base)} against {len(other)} entries", math.inf)]
        pairs = enumerate(zip(base, other, strict=True))
        return [found for i, (a, b) in pairs for found in list_differences(a, b, tolerance, f"{where}[{i}]")]
    if isinstance(base, float | int) and isinstance(other, float | int):
        if (math.isnan(base) and math.isnan(other)) or base == other:
            return []
        gap = abs(base - other) / max(1.0, abs(base))
        return [(f"{where}: {base!r} against {other!r}", gap)] if not gap <= tolerance else []
    return [] if base == other else [(f"{where}: {str(base)[:60]!r} against {str(other)[:60]!r}", math.inf)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs=2, type=Path)
    parser.add_argument("--cases", type=Path, default=HERE.parents[1] / "tests" / "oracles")
    parser.add_argument("--tolerance", type=float, default=1e-10)
    parser.add_argument("--ignore", nargs="*", default=["gradient_max", "hessian_min_eig", "/data", "receipt"])
    asked = parser.parse_args()
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for number, tree in enumerate(asked.trees):
            target = Path(folder, f"{number}.pickle")
            command = [sys.executable, str(HERE), "--dump", str(asked.cases), str(target)]
            path = {**os.environ, "PYTHONPATH": str(tree.resolve()), "OPENBLAS_NUM_THREADS": "1"}
            subprocess.run(command, env=path, cwd=tree, check=True)
            records.append(pickle.loads(target.read_bytes()))  # noqa: S301 (our own file of a moment ago)
    base, other = records
    counts: Counter[str] = Counter()
    for name in base:
        found = list_differences(base[name], other.get(name), asked.tolerance)
        found = [entry for entry in found if not any(part in entry[0] for part in asked.ignore)]
        counts["differ" if found else "equal"] += 1
        if found:
            print(f"{name}: {len(found)} differences, largest {max(gap for _, gap in found):.2g}")
            for place, gap in sorted(found, key=lambda entry: -entry[1])[:4]:
                print(f"    {gap:.2g}  {place}")
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--dump"]:
        dump(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
