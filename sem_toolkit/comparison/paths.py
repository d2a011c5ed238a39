"""How the answers change from model to model: the paths that several models share, and what is explained."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sem_toolkit.fit import Fit
from sem_toolkit.inference.frames import number_groups

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ["est", "se", "pvalue", "ci.lower", "ci.upper", "std.all"]


def build_paths_table(fits: Mapping[str, Fit]) -> "pd.DataFrame":
    """One row a path and model: path, group, model, est, se, pvalue, ci.lower, ci.upper, std.all.

    Paths are regressions and defined parameters, these by their name; where no model has any, the covariances of latent
    variables (std.all is their correlation). A path stands where it first comes up, its models in their order; fits
    without a certified optimum are left out.
    """
    import pandas as pd

    certain = {name: fit for name, fit in fits.items() if fit.converged}
    found = [row for name, fit in certain.items() for row in _list_paths(name, fit, ("~", ":="))]
    if not found:
        found = [row for name, fit in certain.items() for row in _list_paths(name, fit, ("~~",))]
    order = {key: place for place, key in enumerate(dict.fromkeys((row["path"], row["group"]) for row in found))}
    found.sort(key=lambda row: order[row["path"], row["group"]])
    return pd.DataFrame(found, columns=["path", "group", "model", *NUMBERS])


def build_r2_table(fits: Mapping[str, Fit]) -> "pd.DataFrame":
    """One row a variable and model: variable, group, model, r2; variables that only measure others are left out."""
    import pandas as pd

    found = []
    for name, fit in fits.items():
        measures = {row.rhs for row in fit.table.parameters if row.op == "=~"} - _list_latent(fit)
        outcomes = {row.lhs for row in fit.table.parameters if row.op == "~"}
        for label, values in fit.r2.items():
            found += [
                {"variable": variable, "group": label, "model": name, "r2": value}
                for variable, value in values.items()
                if variable in outcomes or variable not in measures
            ]
    order = {key: place for place, key in enumerate(dict.fromkeys((row["variable"], row["group"]) for row in found))}
    found.sort(key=lambda row: order[row["variable"], row["group"]])
    return pd.DataFrame(found, columns=["variable", "group", "model", "r2"])


def _list_paths(name: str, fit: Fit, operators: tuple[str, ...]) -> list[dict[str, object]]:
    latent = _list_latent(fit)
    several = len(fit.sample.groups) > 1
    rows = []
    for row, number in zip(fit.parameters.to_dict("records"), number_groups(fit.parameters), strict=True):
        lhs, op, rhs = row["lhs"], row["op"], row["rhs"]
        if op not in operators or (op == "~~" and (lhs == rhs or not {lhs, rhs} <= latent)):
            continue
        path = {"~": f"{lhs} ~ {rhs}", ":=": lhs, "~~": " ~~ ".join(sorted((lhs, rhs)))}[op]
        label = fit.sample.groups[int(number) - 1].label if several and op != ":=" else ""
        rows.append({"path": path, "group": label, "model": name} | {column: row[column] for column in NUMBERS})
    return rows


def _list_latent(fit: Fit) -> set[str]:
    return {row.lhs for row in fit.table.parameters if row.op in ("=~", "<~")}
