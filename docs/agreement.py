"""Write docs/agreement.md: how far every reference case of tests/oracles is from lavaan, by feature.

    make agreement

Nothing on the page is typed by hand but its text; tests/docs/test_agreement.py fits some cases anew.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sem_toolkit import Fit, SemError, fit

ROOT = Path(__file__).parent.parent
ORACLES, PAGE = ROOT / "tests" / "oracles", ROOT / "docs" / "agreement.md"
FEATURES: Mapping[str, tuple[str, str]] = {
    "Constraints, bounds, definitions": ("cases", "con_"),
    "Several groups, equalities": ("cases", "mg_"),
    "Moments instead of rows": ("cases", "cov_"),
    "Growth curves": ("cases", "growth_"),
    "Path models": ("cases", "path_"),
    "GLS, WLS, ULS, DWLS": ("cases", "hs_est_"),
    "Robust standard errors and tests": ("cases", "hs_rob_|hs_se_|poldem_ml"),
    "Factor models and structural models": ("cases", ""),
    "Ordered items": ("categorical", ""),
    "Missing answers (FIML, two-stage, auxiliary variables)": ("missing", ""),
    "Sampling weights and clusters": ("clusters", ""),
    "Two levels": ("levels", ""),
    "Exploratory blocks and rotation": ("rotation", ""),
    "Instruments (IV)": ("stages", "iv_"),
    "Structural after measurement (SAM)": ("stages", "sam_"),
}
"""Features: the folder of their cases, and how the names of these begin; a case counts where it fits first."""
SMALL = 0.01
"""Numbers of lavaan's that are smaller than this are compared by their absolute difference over this."""
KINDS = ("estimates", "standard errors", "tests", "fit measures")
_NOT_OF_THE_FIT = ("npar", "ntotal")
APART = 1e-3
"""A number that is further from lavaan's than this is listed by itself."""
REASONS: Mapping[str, str] = {
    "nonconv: ": "lavaan stops before the optimum; ours is lower, and improper",
    "con_defined: w": "lavaan's standard error of an `abs()` is 0",
    "efa_hs_promax: ": "lavaan's rotation stops at a gradient of 1e-5",
    "browne.residual.nt.model": '`missing = "ml"`: lavaan takes residuals of available cases (docs/differences.md)',
    "mg_ordinal_scalar_theta: ": "robust indices: lavaan takes the df of all statistics for those of the correlations",
    "miss_neverpair_ml: ": "lavaan's saturated model of incomplete rows stops short of its optimum",
    "fmin": "levels, instruments: lavaan's minimum is that of another objective; χ² agrees",
    "two_stage_robust_sem: gfi": "75 rows for 77 moments: the weight has no inverse; lavaan says 1",
    "ml2_": "lavaan stops earlier: our log-likelihood is higher, by 1e-6 to 1e-4",
}
"""Why a number is apart, by the case or the number that it is; none: nothing is known."""


@dataclass
class Agreement:
    """The worst relative difference of each kind of number, where it is, and how many numbers were compared."""

    worst: dict[str, float] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    apart: list[tuple[str, str, float]] = field(default_factory=list)
    counted: int = 0
    cases: int = 0

    def add(self, kind: str, where: str, ours: object, theirs: object, unit: float = 0.0) -> None:
        """Compare one number; where lavaan has none there is nothing to compare.

        unit  what the difference is at least divided by: of an estimate its standard error
        """
        if not isinstance(theirs, (int, float)) or isinstance(theirs, bool):
            return
        self.counted += 1
        missing = not isinstance(ours, (int, float)) or ours != ours
        distance = math.inf if missing else abs(float(str(ours)) - theirs) / max(abs(theirs), SMALL, unit)
        if distance > APART:
            self.apart.append((kind, where, distance))
        elif distance > self.worst.get(kind, -1.0):
            self.worst[kind], self.where[kind] = distance, where

    def join(self, other: "Agreement") -> None:
        """The worse of both."""
        self.counted += other.counted
        self.cases += other.cases
        self.apart += other.apart
        for kind, distance in other.worst.items():
            if distance > self.worst.get(kind, -1.0):
                self.worst[kind], self.where[kind] = distance, other.where[kind]


def list_cases() -> Iterator[tuple[str, Path]]:
    """Every case that has parameters of a fit, with the feature it belongs to."""
    for folder in dict.fromkeys(folder for folder, _ in FEATURES.values()):
        for path in sorted((ORACLES / folder).glob("*.json")):
            for feature, (home, start) in FEATURES.items():
                if home == folder and re.match(start, path.stem):
                    yield feature, path
                    break


def compare_case(case: Mapping[str, Any], name: str) -> Agreement:
    """Fit a case as its reference was fitted, and compare. Raises SemError where we refuse it."""
    found = Agreement(cases=1)
    data = ORACLES / "data" / case["data"] if case.get("data") else None
    own = fit_case(case, data)
    record = own.to_dict()
    ours = {_key(row): row for row in record["parameters"]}
    for row in case["parameters"]:
        mine = ours.get(_key(row), {})
        at = f"{name}: {row['lhs']} {row['op']} {row['rhs']}"
        found.add("estimates", at, mine.get("est"), row.get("est"), row.get("se") or 0.0)
        found.add("standard errors", at, mine.get("se"), row.get("se"))
    tests = {entry.test: entry for entry in own.tests} if case.get("tests") else {}
    for entry in case.get("tests") or ():
        mine_test = tests.get(entry["test"])
        if mine_test is not None and entry.get("stat") is not None:
            found.add("tests", f"{name}: {entry['test']}", float(mine_test.stat), entry["stat"])
    for measure, value in (case.get("fit_measures") or {}).items():
        if measure in own.fit_measures and measure not in _NOT_OF_THE_FIT:
            found.add("fit measures", f"{name}: {measure}", own.fit_measures[measure], value)
    return found


def fit_case(case: Mapping[str, Any], data: Path | None) -> Fit:
    """The fit of a case."""
    return fit(case["spec"], data, **(case.get("options") or {}))


def _key(row: Mapping[str, Any]) -> tuple[object, ...]:
    lhs, rhs = row["lhs"], row["rhs"]
    if row["op"] == "~~" and lhs > rhs:
        lhs, rhs = rhs, lhs
    return lhs, row["op"], rhs, row.get("group") or 1, row.get("level") or 0


def compare_all() -> tuple[dict[str, Agreement], list[tuple[str, str]]]:
    """All cases by feature, and those that we refuse, with the reason."""
    found: dict[str, Agreement] = {}
    refused = []
    for feature, path in list_cases():
        case = json.loads(path.read_text(encoding="utf-8"))
        if "parameters" not in case:
            continue
        try:
            own = compare_case(case, path.stem)
        except SemError as fault:
            refused.append((path.stem, fault.diagnostics[0].code))
            continue
        found.setdefault(feature, Agreement()).join(own)
    return {feature: found[feature] for feature in FEATURES if feature in found}, refused


def format_page(found: Mapping[str, Agreement], refused: list[tuple[str, str]]) -> str:
    """The page."""
    version = json.loads((ORACLES / "cases" / "hs_cfa_marker.json").read_text(encoding="utf-8"))["lavaan_version"]
    total, cases = sum(own.counted for own in found.values()), sum(own.cases for own in found.values())
    lines = [
        "# Agreement with lavaan",
        "",
        f"Made by `make agreement` from the reference cases of lavaan {version} in `tests/oracles/`: {cases} fits,",
        f"{total:,} numbers. Each case is fitted as it was in lavaan, with the engine that is the default. The table",
        "has the worst relative difference of any number of a kind: |ours − lavaan's| / |lavaan's|, the divisor",
        "being 0.01 or more, and of an estimate its standard error or more. Tests are χ² and its robust forms.",
        "Where lavaan's optimiser stops earlier, ours has gone on to a gradient of rounding.",
        "",
        f"| feature | cases | numbers | {' | '.join(KINDS)} |",
        f"| --- | ---: | ---: |{' ---: |' * len(KINDS)}",
    ]
    for feature, own in found.items():
        cells = [format_distance(own.worst.get(kind)) for kind in KINDS]
        lines.append(f"| {feature} | {own.cases} | {own.counted:,} | {' | '.join(cells)} |")
    lines += ["", "## Numbers that are apart", ""]
    apart = group_apart(entry for own in found.values() for entry in own.apart)
    many = sum(len(entries) for entries in apart.values())
    lines += [
        f"{many} of the {total:,} numbers are further from lavaan's than {APART:g} and not in the table above.",
        "[Differences from lavaan](differences.md) has every difference that is meant, with its reason.",
        "",
        "| numbers | how many | first of them | largest difference | why |",
        "| --- | ---: | --- | ---: | --- |",
    ]
    for key, entries in apart.items():
        largest = max(entry[2] for entry in entries)
        shown = "none of ours" if largest == float("inf") else format_distance(largest)
        lines.append(
            f"| {key.strip(': ')} | {len(entries)} | {entries[0][1]} | {shown} | {REASONS.get(key, 'not known')} |"
        )
    lines += [
        "",
        "## Refused",
        "",
        "Cases that lavaan fits, or tries to, and that are refused here with a message:",
        "",
    ]
    lines += [f"- `{name}`: {code}" for name, code in refused]
    return "\n".join([*lines, "", "## Speed", "", *read_speed()]) + "\n"


def group_apart(entries: Iterable[tuple[str, str, float]]) -> dict[str, list[tuple[str, str, float]]]:
    """Numbers that are apart by what they are about: a key of REASONS, else the number itself."""
    found: dict[str, list[tuple[str, str, float]]] = {}
    for entry in entries:
        key = next((key for key in REASONS if key in entry[1]), entry[1])
        found.setdefault(key, []).append(entry)
    return dict(sorted(found.items()))


def format_distance(distance: float | None) -> str:
    """One digit, rounded up so that nothing is further than what is written; a dash where nothing was compared."""
    if distance is None:
        return "–"
    if distance < 1e-12:
        return "< 1e-12"
    power = math.floor(math.log10(distance))
    digit = math.ceil(distance / 10.0**power - 1e-9)
    return f"{digit}e{power}" if digit < 10 else f"1e{power + 1}"


def read_speed() -> list[str]:
    """The first table of benchmarks/README.md, with what stands above it."""
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    section = text.split("## A run", 1)[1].split("\n\n")
    return [*section[1].strip().splitlines(), "", *section[2].strip().splitlines()]


if __name__ == "__main__":
    PAGE.write_text(format_page(*compare_all()), encoding="utf-8")
