"""Hold two checkouts against each other on every reference case: no number may move that was not meant to.

    python benchmarks/compare_trees.py BASE OTHER [--cases DIR] [--tolerance 1e-10]

BASE and OTHER are checkouts (folders with sem_toolkit in them); DIR has `cases/*.json` and `data/*.csv` in the layout
of tests/oracles. Each case is fitted in a process of its tree with everything that can be asked of a fit. Rows of
tables are matched by what they are of, not by their places. What only OTHER has is counted as new; differences between
the tolerance and SAME are those of two searches that stopped at two points of one optimum; those in MEANT are counted
with their reasons. Prints every other difference, relative to 1 or the value, with exit code 1 if there is any.
"""

import argparse
import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve()
SAME = 1e-8
IDENTITY = ("lhs", "op", "rhs", "group", "level", "label", "test", "type")
"""What a row of a table is of."""
MEANT: dict[tuple[str, str], str] = {
    ("*", "/modification_indices/*/sepc_all"): "covariances of fixed variables tell nothing: NaN, as in lavaan",
    ("*", "/residuals_*/*.z/*"): "a residual that is 0 in every sample has no z: NaN, where rounding gave it an error",
    ("*", "/tests/*/pvalue"): "the unscaled minimum of least squares has no known distribution: no p-value",
    (
        "nonconv",
        "/modification_indices/*",
    ): "a point on the way to infinity, where no optimum is, is where a search ends",
}
"""Decisions that changed numbers, by patterns of case and place."""


def dump(cases: Path, target: Path) -> None:
    """Fit every case by the package on the path; the records, or the error's text, as a pickle."""
    import warnings

    from sem_toolkit import SemError, fit

    warnings.simplefilter("ignore")
    found: dict[str, object] = {}
    for path in sorted((cases / "cases").glob("*.json")):
        case = json.loads(path.read_text())
        data = cases / "data" / case["data"] if case.get("data") else None
        try:
            found[path.stem] = fit(case["spec"], data, **case["options"]).to_dict(everything=True)
        except SemError as fault:
            found[path.stem] = str(fault)
    target.write_bytes(pickle.dumps(found))


@dataclass(frozen=True)
class Difference:
    """A place at which two records differ, and by how much relative to the larger of 1 and the value.

    is_new  whether the first has nothing there
    """

    place: str
    what: str
    gap: float = math.inf
    is_new: bool = False


def list_differences(base: object, other: object, tolerance: float, where: str = "") -> list[Difference]:
    """Places at which two records differ by more than the tolerance."""
    base, other = (name_rows(part) if isinstance(part, list | tuple) else part for part in (base, other))
    if isinstance(base, dict) and isinstance(other, dict):
        new = [Difference(f"{where}/{key}", "new", is_new=True) for key in other if key not in base]
        return new + [
            found
            for key in base
            if key not in {"messages", "iterations", "transcript"}
            for found in list_differences(base[key], other.get(key), tolerance, f"{where}/{key}")
        ]
    what = f"{str(base)[:60]} against {str(other)[:60]}"
    if isinstance(base, float | int) and isinstance(other, float | int):
        if (math.isnan(base) and math.isnan(other)) or base == other:
            return []
        gap = abs(base - other) / max(1.0, abs(base))
        return [] if gap <= tolerance else [Difference(where, what, gap)]
    return [] if base == other else [Difference(where, what)]


def name_rows(rows: Sequence[object]) -> dict[object, object]:
    """The rows of a table by what they are of, so that the order of ties does not matter; others by their places."""
    records = [row for row in rows if isinstance(row, dict)]
    if len(records) < len(rows):
        return dict(enumerate(rows))
    used = [key for key in IDENTITY if key != "level" or any((row.get(key) or 1) != 1 for row in records)]
    seen: Counter[str] = Counter()
    named: dict[object, object] = {}
    for row in records:
        name = " ".join(str(row[key]) for key in used if key in row)
        seen[name] += 1
        named[f"{name} ({seen[name]})" if seen[name] > 1 else name] = row
    return named


def sort_difference(case: str, found: Difference) -> str:
    """What a difference is: new, of the same optimum, meant for a reason, or one that was not meant."""
    if found.is_new:
        return "new"
    if found.gap <= SAME:
        return "same optimum"
    reasons = (why for (cases, place), why in MEANT.items() if fnmatch(case, cases) and fnmatch(found.place, place))
    return next(reasons, "not meant")


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
    cases: dict[str, set[str]] = defaultdict(set)
    for name in base:
        found = list_differences(base[name], other.get(name), asked.tolerance)
        found = [entry for entry in found if not any(part in entry.place for part in asked.ignore)]
        for entry in found:
            kind = sort_difference(name, entry)
            counts[kind] += 1
            cases[kind].add(name)
        wrong = [entry for entry in found if sort_difference(name, entry) == "not meant"]
        if wrong:
            print(f"{name}: {len(wrong)} differences, largest {max(entry.gap for entry in wrong):.2g}")
            for entry in sorted(wrong, key=lambda entry: -entry.gap)[:4]:
                print(f"    {entry.gap:.2g}  {entry.place}: {entry.what}")
    print(f"{len(base)} cases, {len(base) - len(set().union(*cases.values()))} equal in everything")
    for kind, count in counts.most_common():
        print(f"{count} places in {len(cases[kind])} cases: {kind}")
    return 1 if counts["not meant"] else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--dump"]:
        dump(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main())
