"""Several tests side by side: their power at some n, the n for a wanted power, and what some n could find."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.presented import Presented
from sem_toolkit.resampling.power.chisq import ChisqTest, require_probability
from sem_toolkit.resampling.power.rmsea import (
    RMSEA_TESTS,
    build_nested_test,
    build_rmsea_test,
    compute_detectable_rmsea,
)
from sem_toolkit.resampling.power.satorra_saris import (
    Path,
    Setting,
    build_difference_test,
    build_model_test,
    build_path_test,
    find_detectable_value,
    format_path,
    list_paths,
)
from sem_toolkit.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

_CURVE = 60
_REACH = 1.25  # of a curve beyond the largest n that is asked about


@dataclass(frozen=True, eq=False)
class NamedTest:
    """A test and what it is about.

    measure  what `effect` and the effects that could be found are: "RMSEA", or "value" of a parameter
    effect   in the population that is assumed
    detect   n and power to the effect that would be found; None where there is none such
    scale    what an effect is in standard deviations (std.all), per unit; NaN where that means nothing
    path     the parameter that is tested; None for tests of models
    """

    name: str
    test: ChisqTest
    measure: str
    effect: float
    detect: Callable[[float, float], float | None]
    scale: float = math.nan
    path: Path | None = None


@dataclass(frozen=True, eq=False, repr=False)
class PowerAnalysis(Presented):
    """Tests with the sizes and the power that are asked about.

    sizes     numbers of rows, all groups together
    power     that is wanted
    messages  what a reader must know about the population
    """

    tests: tuple[NamedTest, ...]
    sizes: tuple[int, ...]
    power: float
    messages: tuple[Diagnostic, ...] = ()

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a test: df, alpha, effect, noncentrality of a row, power at every n, and the n for the power."""
        import pandas as pd

        rows = []
        for entry in self.tests:
            test = entry.test
            row: dict[str, Any] = {"test": entry.name, "df": int(test.df), "measure": entry.measure}
            row |= {"effect": entry.effect, "std.all": entry.effect * entry.scale}
            row |= {"noncentrality a row": test.alternative}
            row |= {f"power at n = {n}": test.compute_power(n) for n in self.sizes}
            row[self.wanted] = self.find_n(test)
            rows.append(row)
        table = pd.DataFrame(rows)
        table[self.wanted] = table[self.wanted].astype("Int64")
        return table if table["std.all"].notna().any() else table.drop(columns="std.all")

    @property
    def wanted(self) -> str:
        """The name of the column of the numbers of rows that are needed."""
        return f"n for power {self.power:g}"

    def find_n(self, test: ChisqTest) -> int | None:
        """Rows for the wanted power; None where no number of rows has it."""
        try:
            return test.find_n(self.power)
        except OptionError:
            return None

    @cached_property
    def sensitivity(self) -> "pd.DataFrame":
        """One row a test and n: the effect that n rows would find with the wanted power, NaN where there is none."""
        import pandas as pd

        rows = []
        for entry in self.tests:
            for n in self.sizes:
                found = entry.detect(n, self.power)
                found = math.nan if found is None else found
                row = {"test": entry.name, "n": n, "measure": entry.measure, "assumed": entry.effect}
                rows.append(row | {"found": found, "found, std.all": found * entry.scale})
        table = pd.DataFrame(rows)
        return table if table["found, std.all"].notna().any() else table.drop(columns="found, std.all")

    @cached_property
    def curve(self) -> "pd.DataFrame":
        """test, n, power: from few rows to beyond those asked about and needed."""
        import pandas as pd

        needed = [n for entry in self.tests if (n := self.find_n(entry.test)) is not None]
        last = max(_REACH * max(self.sizes), min(_REACH * max(needed, default=0), 10.0 * max(self.sizes)))
        sizes = np.unique(np.linspace(min(10, min(self.sizes)), last, _CURVE).round().astype(int))
        return pd.DataFrame(
            [(entry.name, int(n), entry.test.compute_power(float(n))) for entry in self.tests for n in sizes],
            columns=["test", "n", "power"],
        )

    def to_dict(self, *, sensitivity: bool = False) -> dict[str, Any]:
        """Plain mappings and lists, for JSON."""
        found = []
        for entry in self.tests:
            test = entry.test
            record: dict[str, Any] = {
                "test": entry.name,
                "df": test.df,
                "alpha": test.alpha,
                "measure": entry.measure,
                "effect": entry.effect,
                "noncentrality_null": test.null,
                "noncentrality": test.alternative,
                "power": [{"n": n, "power": test.compute_power(n)} for n in self.sizes],
                "required": {"power": self.power, "n": self.find_n(test)},
            }
            if not math.isnan(entry.scale):
                record["std.all"] = entry.effect * entry.scale
            if sensitivity:
                record["sensitivity"] = self._list_found(entry)
            found.append(record)
        return {"tests": found, "messages": [build_diagnostic_record(message) for message in self.messages]}

    def _list_found(self, entry: NamedTest) -> list[dict[str, Any]]:
        """What each n would find, for JSON."""
        rows = self.sensitivity[self.sensitivity["test"] == entry.name]
        names = {"n": "n", "found": "effect", "found, std.all": "std.all"}
        kept = rows[[name for name in names if name in rows]].rename(columns=names)
        return [
            {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
            for row in kept.to_dict("records")
        ]


def analyse_rmsea(
    df: float,
    sizes: Sequence[int],
    power: float = 0.8,
    alpha: float = 0.05,
    rmsea: tuple[float, float] | None = None,
    groups: int = 1,
    lost: int = 0,
) -> PowerAnalysis:
    """Tests of the fit of a model with some degrees of freedom.

    rmsea  under the null hypothesis, and assumed; None: exact, close and not-close fit with MacCallum's values
    """
    _require_sizes(sizes)
    require_probability("the wanted power", power)
    pairs = {f"{name} fit": pair for name, pair in RMSEA_TESTS.items()} if rmsea is None else {"fit": rmsea}
    tests = []
    for name, (null, alternative) in pairs.items():
        test = build_rmsea_test(df, null, alternative, alpha, groups, lost)
        sign = "≥" if test.rejects_below else "≤" if null else "="
        tests.append(
            NamedTest(
                f"{name}: RMSEA {sign} {null:g}",
                test,
                "RMSEA",
                alternative,
                partial(compute_detectable_rmsea, test, groups=groups),
            )
        )
    return PowerAnalysis(tuple(tests), tuple(sizes), power)


def analyse_nested(
    df: tuple[float, float],
    rmsea: tuple[float, float],
    sizes: Sequence[int],
    power: float = 0.8,
    alpha: float = 0.05,
    rmsea0: tuple[float, float] = (0.0, 0.0),
    groups: int = 1,
    lost: int = 0,
) -> PowerAnalysis:
    """The test of the difference of two models, each pair the restricted model's value and then the larger's."""
    _require_sizes(sizes)
    require_probability("the wanted power", power)
    test = build_nested_test(df, rmsea0, rmsea, alpha, groups, lost)
    effect = math.sqrt(test.alternative * groups / test.df)
    name = f"difference: RMSEA {rmsea[0]:g} and {rmsea[1]:g}"
    return PowerAnalysis(
        (NamedTest(name, test, "RMSEA", effect, partial(compute_detectable_rmsea, test, groups=groups)),),
        tuple(sizes),
        power,
    )


def analyse_population(
    setting: Setting,
    sizes: Sequence[int],
    power: float = 0.8,
    paths: Sequence[Path] | None = None,
    null: Spec | None = None,
) -> PowerAnalysis:
    """Likelihood-ratio tests in a population.

    paths  parameters to set to zero; None: all regressions, or the covariances of factors where there are none
    null   a restricted model to set against the one that is estimated
    """
    _require_sizes(sizes)
    require_probability("the wanted power", power)
    _require_numeric(setting)
    larger = setting.fit()
    groups = len(setting.population.groups)
    tests = []
    if not larger.holds and larger.df > 0:
        test = build_model_test(larger, setting.alpha, setting.lost)
        name = f"{larger.fit.title} against the saturated model"
        tests.append(
            NamedTest(name, test, "RMSEA", larger.rmsea, partial(compute_detectable_rmsea, test, groups=groups))
        )
    if null is not None:
        restricted = setting.fit(null)
        against = [("the saturated model", build_model_test(restricted, setting.alpha, setting.lost))]
        if restricted.df > larger.df:
            difference = build_difference_test(restricted, larger, setting.alpha, setting.lost)
            against.append((larger.fit.title, difference))
        for other, test in against:
            effect = math.sqrt(test.alternative * groups / test.df)
            name = f"{restricted.fit.title} against {other}"
            tests.append(NamedTest(name, test, "RMSEA", effect, partial(compute_detectable_rmsea, test, groups=groups)))
    wanted = paths if paths is not None else [] if null is not None else list_paths(setting, larger)
    for path in wanted:
        value = setting.population.get_value(*path)
        test = build_path_test(setting, path, larger)
        detect = partial(find_detectable_value, setting, path, larger=larger)
        scale = setting.population.standardize(*path, 1.0)
        tests.append(NamedTest(f"{format_path(path)} = 0", test, "value", value, detect, scale, path))
    if not tests:
        message = "the model holds in the population and has no paths: there is nothing to test"
        hint = "name a parameter to set to zero (--path), or a restricted model (--null)"
        raise OptionError(Diagnostic("error", "no-effect", message, hint=hint))
    return PowerAnalysis(tuple(tests), tuple(sizes), power, setting.messages)


def _require_numeric(setting: Setting) -> None:
    ordered = sorted({name for own in setting.population.thresholds for name in own})
    if ordered:
        message = f"analytic power is that of numeric variables, and {ordered[0]} is ordered"
        hint = "`sem-toolkit simulate` has the power of tests with ordered variables"
        raise OptionError(Diagnostic("error", "ordered-in-population", message, hint=hint))


def _require_sizes(sizes: Sequence[int]) -> None:
    if not sizes or min(sizes) < 2:
        message = f"there is no power of {min(sizes, default=0)} rows"
        raise OptionError(Diagnostic("error", "option-value", message, hint="give numbers of rows from 2 on"))
