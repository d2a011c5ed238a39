"""Every table of a fit by its name: what can be printed whole, exported and put into JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import Diagnostic, EstimationError, OptionError, UnavailableError
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.fit.result import Fit
from sem_toolkit.report.missing_values import list_coverage_rows, list_pattern_rows

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.inference import Reliability, ResidualType, ScoreMethod


@dataclass(frozen=True)
class TableSettings:
    """What some tables can be asked to differ in.

    residuals        type of residuals
    cause, outcome   of effects; None for all
    draws, seed      of Monte Carlo limits of effects; none with 0 draws
    scores           method of factor scores
    """

    residuals: "ResidualType" = "cor.bollen"
    cause: str | None = None
    outcome: str | None = None
    draws: int = 0
    seed: int = 1
    scores: "ScoreMethod" = "regression"


@dataclass(frozen=True)
class TableKind:
    """A table: its title, how it is made, and what else lavaan's users call it.

    heeds  which options of standard errors and tests change something in it
    """

    title: str
    build: Callable[[Fit, TableSettings], "pd.DataFrame"]
    aliases: tuple[str, ...] = ()
    heeds: frozenset[str] = frozenset()


def build_table_of(fit: Fit, name: str, settings: TableSettings | None = None) -> "pd.DataFrame":
    """The table of this name (one of TABLES, or what lavaan calls it).

    Raises OptionError for a name that there is not, EstimationError without a certified optimum for all but the
    estimates, and what the table itself raises where it does not exist for the model or the data.
    """
    kind = find_table(name)
    if not fit.converged and kind is not TABLES["parameters"]:
        message = f"there is no table of {kind.title.lower()} without a certified optimum"
        raise EstimationError(
            Diagnostic("error", "not-converged", message, hint="see the messages of the fit, or `--table parameters`")
        )
    return kind.build(fit, settings or TableSettings())


def find_table(name: str) -> TableKind:
    """The kind of table by its name or what else it is called."""
    return TABLES[find_name(name)]


def find_name(name: str) -> str:
    """The name in TABLES, whatever the case, dashes, dots or underscores of what was typed."""
    known = {_fold(alias): key for key, kind in TABLES.items() for alias in (key, *kind.aliases)}
    if _fold(name) in known:
        return known[_fold(name)]
    nearest = find_nearest(_fold(name), known)
    names = f"there are: {', '.join(TABLES)}"
    hint = f'did you mean "{known[nearest]}"? {names}' if nearest else names
    raise OptionError(Diagnostic("error", "unknown-table", f'there is no table "{name}"', hint=hint))


def _fold(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def build_score_rows(fit: Fit, method: "ScoreMethod" = "regression") -> "pd.DataFrame":
    """Factor scores: row (of the data, from 1), group where there are several, one column a factor."""
    from sem_toolkit.report.score_tables import tabulate_scores

    _require_factors(fit, tuple(name for scores in fit.factor_scores(method) for name in scores.names))
    return tabulate_scores(fit, method)


def build_score_quality(fit: Fit, method: "ScoreMethod" = "regression") -> "pd.DataFrame":
    """group factor se determinacy of the scores of every factor; se is NaN for ten Berge's."""
    return _frame(
        fit,
        [
            {"group": scores.label, "factor": name, "se": scores.se[k], "determinacy": scores.determinacy[k]}
            for scores in fit.factor_scores(method)
            for k, name in enumerate(scores.names)
        ],
    )


def _build_loadings(fit: Fit, _: TableSettings) -> "pd.DataFrame":
    """group item, one column a factor, communality, uniqueness; NaN where a group has no such factor."""
    import pandas as pd

    _require_factors(fit, tuple(name for entry in fit.loadings for name in entry.factors))
    parts = [entry.to_frame() for entry in fit.loadings]
    if len(parts) > 1:
        for entry, frame in zip(fit.loadings, parts, strict=True):
            frame.insert(0, "group", entry.group)
    found = pd.concat(parts, ignore_index=True)
    last = ["communality", "uniqueness"]
    return found[[*(name for name in found if name not in last), *last]]


def build_residual_rows(fit: Fit, kind: "ResidualType" = "cor.bollen") -> "pd.DataFrame":
    """group lhs op rhs residual se z, one row a covariance (`~~`) or mean (`~1`)."""
    rows: list[dict[str, Any]] = []
    for group in fit.compute_residuals(kind):
        for i, lhs in enumerate(group.variables):
            for j in range(i + 1):
                numbers = {"residual": group.cov[i, j], "se": group.cov_se[i, j], "z": group.cov_z[i, j]}
                rows.append({"group": group.label, "lhs": lhs, "op": "~~", "rhs": group.variables[j], **numbers})
        if group.mean is not None and group.mean_se is not None and group.mean_z is not None:
            for i, lhs in enumerate(group.variables):
                numbers = {"residual": group.mean[i], "se": group.mean_se[i], "z": group.mean_z[i]}
                rows.append({"group": group.label, "lhs": lhs, "op": "~1", "rhs": "", **numbers})
    return _frame(fit, rows)


def _require_factors(fit: Fit, names: tuple[str, ...]) -> None:
    """Raise UnavailableError where there is nothing that a table about factors could show."""
    if not names:
        message = f'the model "{fit.title}" has no factors that observed variables measure'
        raise UnavailableError(Diagnostic("error", "no-factors", message, hint="factors are defined by =~"))


def _frame(fit: Fit, rows: list[dict[str, Any]]) -> "pd.DataFrame":
    """Rows with the label of their group, which is left out where there is only one; of levels with that of these."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    if fit.sample.has_levels and "group" in frame:
        labels = frame["group"].str.rpartition(", ")
        frame.insert(1, "level", labels[2])
        frame["group"] = labels[0]
        return frame.drop(columns="group") if not labels[0].any() else frame
    return _drop_group(fit, frame)


def _drop_group(fit: Fit, frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.drop(columns="group") if len(fit.sample.groups) == 1 and "group" in frame else frame


def _build_measures(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame({"measure": list(fit.fit_measures), "value": list(fit.fit_measures.values())})


def _build_level_measures(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
    """measure and a column a level."""
    import pandas as pd

    levels = fit.level_measures
    names = list(dict.fromkeys(name for measures in levels.values() for name in measures))
    columns = {level: [own.get(name) for name in names] for level, own in levels.items()}
    return pd.DataFrame({"measure": names} | columns)


def _build_r2(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
    rows = [
        {"group": label, "variable": name, "r2": value, "r2.blocked": fit.blocked_r2[label][name]}
        for label, values in fit.r2.items()
        for name, value in values.items()
    ]
    return _frame(fit, rows)


def _build_tests(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
    import pandas as pd

    names = ("test", "stat", "df", "pvalue", "scaling_factor", "shift_parameter")
    frame = pd.DataFrame([{name: getattr(test, name) for name in names} for test in fit.tests])
    return frame.dropna(axis="columns", how="all")


def _build_eigenvalue_tests(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
    import pandas as pd

    own = "likelihood ratio" if fit.options.estimation.kind.is_likelihood else "discrepancy"
    statistics = [(own, False)]
    if fit.evaluated.evaluation.data.is_reweighted:
        statistics.append(("reweighted least squares", True))
    rows = [
        {"test": name, "statistic": statistic, "pvalue": pvalue}
        for statistic, reweighted in statistics
        for name, pvalue in fit.compute_eigenvalue_tests(reweighted=reweighted).items()
    ]
    return pd.DataFrame(rows)


def _build_reliability(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
    _require_factors(fit, fit.reliability[0].factors)
    names = ["alpha", "omega", "omega_model", "composite", "ave", "ave_model"]
    names += [name for name in ("alpha_response", "omega_response") if getattr(fit.reliability[0], name) is not None]
    rows = [
        {"group": group.label, "factor": factor} | {name: getattr(group, name)[k] for name in names}
        for group in fit.reliability
        for k, factor in enumerate(group.factors)
    ]
    return _frame(fit, rows)


def _build_validity(name: str) -> Callable[[Fit, TableSettings], "pd.DataFrame"]:
    """A matrix of factors by factors, under each other by group."""

    def list_rows(group: "Reliability") -> list[dict[str, Any]]:
        matrix = getattr(group, name)
        return [
            {"group": group.label, "factor": factor} | dict(zip(group.factors, matrix[k], strict=True))
            for k, factor in enumerate(group.factors)
        ]

    def build(fit: Fit, settings: TableSettings) -> "pd.DataFrame":
        _require_factors(fit, fit.reliability[0].factors)
        return _frame(fit, [row for group in fit.reliability for row in list_rows(group)])

    return build


_ERRORS = frozenset({"se", "bootstrap", "iseed", "information", "observed_information"})
_LIMITS = _ERRORS | {"level", "boot_ci_type"}
_TESTS = _ERRORS | {"test"}

TABLES: Mapping[str, TableKind] = {
    "parameters": TableKind("Estimates", lambda fit, _: fit.parameters, ("parameterEstimates", "estimates"), _LIMITS),
    "standardized": TableKind(
        "Standardised solution",
        lambda fit, _: fit.standardized,
        ("standardizedSolution", "standardised", "std"),
        _LIMITS,
    ),
    "loadings": TableKind("Standardised loadings", _build_loadings, ("lambda", "pattern")),
    "fit_measures": TableKind("Fit measures", _build_measures, ("fitMeasures", "fit"), _TESTS),
    "level_measures": TableKind("Fit measures of each level", _build_level_measures, ("fit_by_level",), _TESTS),
    "r2": TableKind("Explained variance", _build_r2, ("rsquare", "R2")),
    "modification_indices": TableKind(
        "Modification indices", lambda fit, _: fit.modification_indices, ("modindices", "mi")
    ),
    "epc": TableKind("Expected changes judged by size", lambda fit, _: fit.epc_equivalence, ("epcEquivFit",)),
    "patterns": TableKind(
        "Patterns of missing values", lambda fit, _: _frame(fit, list_pattern_rows(fit)), ("missing_patterns",)
    ),
    "coverage": TableKind(
        "Shares of the rows that have both variables", lambda fit, _: _frame(fit, list_coverage_rows(fit))
    ),
    "residuals": TableKind(
        "Residuals",
        lambda fit, settings: build_residual_rows(fit, settings.residuals),
        ("lavResiduals", "resid"),
        _TESTS,
    ),
    "instruments": TableKind(
        "Equations and their instruments", lambda fit, _: fit.instruments, ("iv", "ivs", "miiv", "miivs")
    ),
    "sargan": TableKind("Tests of surplus instruments", lambda fit, _: fit.sargan, ("hansen",), _TESTS),
    "effects": TableKind(
        "Effects",
        lambda fit, settings: fit.compute_effects(settings.cause, settings.outcome, settings.draws, settings.seed),
        heeds=_LIMITS,
    ),
    "tests": TableKind("Tests of exact fit", _build_tests, ("test", "lavTest"), _TESTS),
    "eigenvalue_tests": TableKind("Eigenvalue tests", _build_eigenvalue_tests, ("peba", "pols", "semTests")),
    "score_tests": TableKind(
        "Score tests of equality constraints",
        lambda fit, _: fit.score_tests.univariate,
        ("lavTestScore", "score"),
        _TESTS,
    ),
    "score_tests_cumulative": TableKind(
        "Score tests of equality constraints, cumulative", lambda fit, _: fit.score_tests.cumulative, heeds=_TESTS
    ),
    "local_tests": TableKind(
        "Local tests",
        lambda fit, _: _drop_group(fit, fit.local_tests),
        ("local", "localTests", "basisSet"),
        _TESTS | _LIMITS,
    ),
    "reliability": TableKind("Reliability", _build_reliability, ("compRelSEM", "omega", "alpha", "ave")),
    "fornell_larcker": TableKind("Fornell-Larcker: √AVE and correlations", _build_validity("fornell_larcker")),
    "htmt": TableKind("Heterotrait-monotrait ratios", _build_validity("htmt")),
    "htmt2": TableKind("Heterotrait-monotrait ratios, geometric", _build_validity("htmt2")),
    "scores": TableKind(
        "Factor scores", lambda fit, settings: build_score_rows(fit, settings.scores), ("lavPredict", "factor_scores")
    ),
    "score_quality": TableKind(
        "Errors and determinacy of factor scores", lambda fit, settings: build_score_quality(fit, settings.scores)
    ),
}
"""Every table by its name."""
