"""Tests in a population that is written down: of a misspecified model, of a path set to zero, of two nested models.

Source: Satorra & Saris (1985), Psychometrika 50, 83-90: the misfit of the restricted model in the population's own
moments, times n, is the noncentrality of its likelihood-ratio test.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.libraries import optimize
from sem_toolkit.resampling.power.chisq import ChisqTest
from sem_toolkit.resampling.simulation.population import Population
from sem_toolkit.resampling.simulation.population_fit import PopulationFit, fit_population
from sem_toolkit.spec import Spec, parse_spec
from sem_toolkit.spec.edits import fix_parameter

Path = tuple[str, str, str]
"""lhs, operator and rhs of a parameter."""

_NONE = 1e-10
_FLAT = 1e-6  # of an effect: closer to 0 its misfit is rounding
_NARROW = 1e-4
_LARGEST = 1e6


@dataclass(frozen=True, eq=False)
class Setting:
    """What tests in a population have in common.

    spec        the model that is estimated
    population  in which it holds, or not
    shares      of the groups, in whole numbers
    options     of the fit
    alpha, lost of the tests (`ChisqTest`)
    messages    what a reader must know about the population and the model
    """

    spec: Spec
    population: Population
    shares: tuple[int, ...]
    options: dict[str, object]
    alpha: float = 0.05
    lost: int = 0
    messages: tuple[Diagnostic, ...] = ()

    def fit(self, spec: Spec | None = None) -> PopulationFit:
        """A model, by default the one that is estimated, in the population."""
        return fit_population(self.spec if spec is None else spec, self.population, self.shares, **self.options)

    def move(self, path: Path, value: float) -> "Setting":
        """The same in the population with another value of a parameter."""
        return replace(self, population=self.population.with_value(*path, value))


def build_model_test(found: PopulationFit, alpha: float = 0.05, lost: int = 0) -> ChisqTest:
    """The χ² test of a model against the saturated one."""
    return ChisqTest(found.df, 0.0, found.misfit, alpha, lost)


def build_difference_test(
    restricted: PopulationFit, larger: PopulationFit, alpha: float = 0.05, lost: int = 0
) -> ChisqTest:
    """The test of a restricted model against a larger one. Raises OptionError where they are not so."""
    if restricted.df <= larger.df or restricted.misfit < larger.misfit - _NONE:
        message = (
            f"the restricted model ({restricted.df} degrees of freedom, F0 {restricted.misfit:.4g}) is no special case "
            f"of the larger one ({larger.df}, {larger.misfit:.4g})"
        )
        raise OptionError(Diagnostic("error", "not-nested", message, hint="name the restricted model as the null one"))
    gap = max(restricted.misfit - larger.misfit, 0.0)
    return ChisqTest(restricted.df - larger.df, 0.0, gap, alpha, lost)


def build_path_test(setting: Setting, path: Path, larger: PopulationFit | None = None) -> ChisqTest:
    """The test of the model with a parameter set to zero, in all groups, against the model itself."""
    text = fix_parameter(setting.spec, *path, 0.0)
    restricted = setting.fit(parse_spec(text, setting.spec.source.name))
    larger = setting.fit() if larger is None else larger
    if restricted.df <= larger.df:
        message = f'setting "{format_path(path)}" to zero does not restrict the model'
        raise OptionError(Diagnostic("error", "not-nested", message, hint="name a free parameter of the model"))
    return build_difference_test(restricted, larger, setting.alpha, setting.lost)


def list_paths(setting: Setting, larger: PopulationFit) -> list[Path]:
    """The free regressions of the model; where it has none, the free covariances of latent variables."""
    rows = [row for row in larger.fit.table.parameters if row.free > 0 and row.group == 1]
    latent = {row.lhs for row in rows if row.op == "=~"}
    paths: list[Path] = [(row.lhs, row.op, row.rhs) for row in rows if row.op == "~"]
    covariances: list[Path] = [(row.lhs, row.op, row.rhs) for row in rows if row.op == "~~" and row.lhs != row.rhs]
    return paths or [path for path in covariances if {path[0], path[2]} <= latent]


def find_detectable_value(
    setting: Setting, path: Path, n: float, power: float, larger: PopulationFit | None = None
) -> float | None:
    """The value of a parameter, of the sign that it has, that n rows would find with this power; all else equal.

    None where no possible value is large enough. Variances that follow from the others do so for every value. A model
    that holds in the population (`larger`) does so for every value, too.
    """
    larger = setting.fit() if larger is None else larger
    wanted = build_path_test(setting, path, larger).find_alternative(n, power) or 0.0
    given = setting.population.get_value(*path)
    sign = -1.0 if given < 0 else 1.0

    def miss(size: float) -> float:
        moved = setting.move(path, sign * size)
        return build_path_test(moved, path, larger if larger.holds else None).alternative - wanted

    low, high, impossible = _FLAT, max(abs(given), 0.1), math.inf
    while impossible - low > _NARROW * low:
        try:
            if miss(high) >= 0:
                return sign * float(optimize.brentq(miss, low, high, xtol=1e-8))
            low = high
        except ModelError:  # no population has this value
            impossible = high
        high = 0.5 * (low + impossible) if math.isfinite(impossible) else 2.0 * high
        if high > _LARGEST:
            return None
    return None


def format_path(path: Sequence[str]) -> str:
    """As a user types it."""
    return " ".join(path).rstrip()
