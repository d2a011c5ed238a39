"""Misfit painted on: the paths that modification indices or residual correlations ask for, as dotted candidates."""

from typing import TYPE_CHECKING, Any

from sem_toolkit.diagram.content.graph import ESTIMATE_COLUMNS, ROLES
from sem_toolkit.diagram.content.words import format_number
from sem_toolkit.libraries import nx

if TYPE_CHECKING:
    import pandas as pd


def add_modifications(
    graph: "nx.MultiDiGraph[str]", modification_indices: "pd.DataFrame", most: int = 5, least: float = 3.84
) -> "nx.MultiDiGraph[str]":
    """The graph with the paths of the largest modification indices as candidates.

    modification_indices  columns lhs op rhs mi (lavaan's names), and group where there are several
    most                  how many candidates at most
    least                 smallest index that counts; the default is the 5 % point of χ² with one degree of freedom
    """
    frame = modification_indices
    if "group" in frame:
        frame = frame[frame["group"] == graph.graph["group"]]
    frame = frame[(frame["mi"] >= least) & frame["op"].isin(["=~", "~", "~~"])].sort_values("mi", ascending=False)
    wider = graph.copy()
    for lhs, op, rhs, value in frame[["lhs", "op", "rhs", "mi"]].itertuples(index=False, name=None):
        if most > 0 and lhs in graph and rhs in graph and lhs != rhs and not _is_known(graph, lhs, op, rhs):
            source, target = (rhs, lhs) if op == "~" else (lhs, rhs)
            _add_candidate(wider, source, target, f"{lhs} {op} {rhs}", ROLES.get(op, "covariance"), f"MI {value:.1f}")
            most -= 1
    return wider


def add_residuals(
    graph: "nx.MultiDiGraph[str]", residuals: "pd.DataFrame", most: int = 5, least: float = 0.1
) -> "nx.MultiDiGraph[str]":
    """The graph with the largest residual correlations as candidate covariances.

    residuals  square frame of residual correlations, variables as index and columns
    least      smallest absolute residual that counts
    """
    found = [
        (abs(float(residuals.loc[a, b])), a, b)
        for k, a in enumerate(residuals.index)
        for b in residuals.columns[:k]
        if a in graph and b in graph and abs(float(residuals.loc[a, b])) >= least
    ]
    wider = graph.copy()
    for _, a, b in sorted(found, key=lambda entry: -entry[0])[:most]:
        if not _is_known(graph, a, "~~", b):
            text = f"r {format_number(float(residuals.loc[a, b]), 2, leading_zero=False)}"
            _add_candidate(wider, a, b, f"{a} ~~ {b}", "covariance", text)
    return wider


def _is_known(graph: "nx.MultiDiGraph[str]", lhs: str, op: str, rhs: str) -> bool:
    keys = {f"{lhs} {op} {rhs}", f"{rhs} {op} {lhs}"} if op == "~~" else {f"{lhs} {op} {rhs}"}
    return any(key in keys for _, _, key in graph.edges(keys=True))


def _add_candidate(graph: "nx.MultiDiGraph[str]", source: str, target: str, key: str, role: str, text: str) -> None:
    attributes: dict[str, Any] = dict.fromkeys(ESTIMATE_COLUMNS)
    graph.add_edge(
        source,
        target,
        key=f"candidate {key}",
        role=role,
        fixed=False,
        value=None,
        label=text,
        exogenous=False,
        candidate=True,
        **attributes,
    )
