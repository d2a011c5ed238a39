"""Parameter table → path graph: variables as nodes, paths and covariances as edges, with what is known of each."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.libraries import nx
from sem_toolkit.spec.table import Parameter, ParameterTable

if TYPE_CHECKING:
    import pandas as pd

ROLES = {"=~": "loading", "<~": "weight", "~": "regression", "~1": "intercept"}
ESTIMATE_COLUMNS = {
    "est": "est",
    "se": "se",
    "pvalue": "pvalue",
    "std": "std.all",
    "lower": "ci.lower",
    "upper": "ci.upper",
    "std_lower": "std.ci.lower",
    "std_upper": "std.ci.upper",
}
LARGEST_DIAGRAM = 400


def build_path_graph(
    table: ParameterTable, estimates: "pd.DataFrame | None" = None, group: int = 1
) -> "nx.MultiDiGraph[str]":
    """The path graph of one group of a table.

    Nodes carry `kind` ("latent", "composite" or "observed"). Edges run from cause to effect (covariances in the order
    of their row) under the key "lhs op rhs" and carry `role` ("loading", "weight", "regression", "covariance",
    "variance", "intercept"; an intercept is an edge from a variable to itself), `fixed`, `value` (of a fixed row),
    `label`, `exogenous`, `exploratory` (True for loadings of an exploratory block), `given` (True for loadings of a
    factor that has only fixed ones), `text` (of a path with a random slope: its name), and from `estimates` (columns
    lhs op rhs group est se pvalue std.all, lavaan's names) `est`, `se`, `pvalue`, `std`, `lower` and `upper`, each None
    where unknown. Thresholds and response scales are not drawn.

    Raises ModelError when the table has no parameters, or more variables than a picture can hold.
    """
    rows = [row for row in table.parameters if row.group == group and (row.op in ROLES or row.op == "~~")]
    if not rows:
        raise ModelError(Diagnostic("error", "empty-model", "the model has no paths to draw"))
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(groups=table.groups, group=group)
    slopes = {row.rv for row in table.parameters if row.rv}
    for name, kind in _find_kinds(rows, slopes).items():
        graph.add_node(name, kind=kind)
    if len(graph) > LARGEST_DIAGRAM:
        message = f"a diagram of {len(graph)} variables cannot be read; the most is {LARGEST_DIAGRAM}"
        hint = "draw a part of the model, or only its structural part"
        raise ModelError(Diagnostic("error", "too-many-variables", message, hint=hint))
    known = _index_estimates(estimates, group)
    for row in rows:
        if row.rv and row.op == "~":
            _add_random_path(graph, row)
        elif not _is_absent(row) and not row.rv:
            _add_edge(graph, row, known)
    _mark_given_loadings(graph)
    return graph


def _mark_given_loadings(graph: "nx.MultiDiGraph[str]") -> None:
    """Set `given` on the loadings of factors whose loadings are all fixed, such as those of growth factors.

    Their values are the model; a standardised one would say nothing.
    """
    for name in graph:
        loadings = [data for _, _, data in graph.out_edges(name, data=True) if data["role"] == "loading"]
        if loadings and all(data["fixed"] and data["value"] is not None for data in loadings):
            for data in loadings:
                data["given"] = True


def _find_kinds(rows: list[Parameter], slopes: set[str]) -> dict[str, str]:
    """Variables in the order of the rows; factors and random slopes as latent, left sides of `<~` as composites."""
    latent = {row.lhs for row in rows if row.op == "=~"} | slopes
    composite = {row.lhs for row in rows if row.op == "<~"}
    kinds: dict[str, str] = {}
    for row in rows:
        for name in (row.lhs, row.rhs) if row.op != "~1" else (row.lhs,):
            kinds[name] = "composite" if name in composite else "latent" if name in latent else "observed"
    return kinds


def _is_absent(row: Parameter) -> bool:
    """Moments fixed to zero say that something is not there: orthogonal factors, free of error, no intercept."""
    return row.free == 0 and row.op in ("~~", "~1") and row.exo == 0 and row.ustart in (0.0, None)


def _add_edge(graph: "nx.MultiDiGraph[str]", row: Parameter, known: Mapping[tuple[str, str, str], Any]) -> None:
    role = ROLES.get(row.op) or ("variance" if row.lhs == row.rhs else "covariance")
    source, target = (row.rhs, row.lhs) if row.op in ("~", "<~") else (row.lhs, row.rhs)
    if role == "intercept":
        source = target = row.lhs
    found = known.get((row.lhs, row.op, row.rhs)) or known.get(
        (row.rhs, row.op, row.lhs) if row.op == "~~" else ("",) * 3
    )
    graph.add_edge(
        source,
        target,
        key=f"{row.lhs} {row.op} {row.rhs}".strip(),
        role=role,
        fixed=row.free == 0,
        value=row.ustart if row.free == 0 else None,
        label="" if row.label.startswith(".p") else row.label,
        exogenous=row.is_given,
        exploratory=bool(row.efa) and row.op == "=~",
        **(found or dict.fromkeys(ESTIMATE_COLUMNS)),
    )


def _add_random_path(graph: "nx.MultiDiGraph[str]", row: Parameter) -> None:
    """A path whose coefficient varies between clusters: the slope's name stands on it, and its values elsewhere."""
    unknown = dict.fromkeys(ESTIMATE_COLUMNS)
    about = {"value": None, "label": row.rv, "text": row.rv, "exogenous": False, "exploratory": False}
    key = f"{row.lhs} {row.op} {row.rhs}"
    graph.add_edge(row.rhs, row.lhs, key=key, role=ROLES[row.op], fixed=False, **about, **unknown)


def _index_estimates(
    estimates: "pd.DataFrame | None", group: int
) -> dict[tuple[str, str, str], dict[str, float | None]]:
    if estimates is None:
        return {}
    return {
        (str(record["lhs"]), str(record["op"]), str(record.get("rhs") or "")): _read_numbers(record)
        for record in _iterate_records(estimates)
        if int(record.get("group", 1)) == group
    }


def _iterate_records(frame: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    columns = [str(column) for column in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(columns, values, strict=True))


def _read_numbers(record: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: _read_number(record.get(column)) for name, column in ESTIMATE_COLUMNS.items()}


def _read_number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if isfinite(number) else None
