"""`sem-toolkit test`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from sem_toolkit.cli.inferred import Found, print_found, require_optimum
from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED
from sem_toolkit.cli.progress import show_work
from sem_toolkit.fit import Fit
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    import pandas as pd


@takes_fit_options
def run_tests(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    wald: Annotated[
        list[str] | None,
        typer.Option("--wald", metavar="TEXT", help='Equalities of labels, tested at once: "a == b; c*d == 1".'),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="TEXT", help='Score tests of what could be added: "x1 ~~ x2; f =~ x9".'),
    ] = None,
    score: Annotated[bool, typer.Option("--score", help="Score tests of each equality constraint.")] = False,
    local: Annotated[
        bool, typer.Option("--local", help="Conditional independences that a path model implies.")
    ] = False,
    eigenvalue: Annotated[
        bool, typer.Option("--eigenvalue", help="P-values of exact fit by the eigenvalues of UΓ: all, pEBA, pOLS.")
    ] = False,
) -> int:
    """Test hypotheses about a model: Wald, score, local and eigenvalue-based tests; without any, those of exact fit."""
    # Labels that a Wald test may name are no oversight.
    with show_work("fitting"):
        fitted = fit_model(read_spec(spec), data, **chosen)
    result = require_optimum(fitted, hidden={"unused-label"} if wald else set())
    names = [name for name, on in (("local_tests", local), ("eigenvalue_tests", eigenvalue)) if on]
    if score:
        names = ["score_tests", "score_tests_cumulative", *names]
    asked = bool(wald or add or names)
    found = _build_wald(result, wald or []) | _build_additions(result, add or [])
    found |= _build_tables(result, names if asked else ["tests"])
    if score:
        found["score_total"] = ("All constraints released at once", _build_total(result))
    print_found(result, found, json)
    return DONE if result.certified else NOT_CERTIFIED


def _build_wald(result: Fit, texts: list[str]) -> Found:
    if not texts:
        return {}
    import pandas as pd

    tests = [result.test_hypotheses(text) for text in texts]
    rows: list[dict[str, object]] = []
    for test in tests:
        row: dict[str, object] = {"hypothesis": "; ".join(test.hypotheses)}
        row |= {"stat": test.stat, "df": test.df, "pvalue": test.pvalue}
        if test.standard is not None:
            row["stat.standard"] = test.standard
            for form in test.forms:
                row |= {f"stat.{form.form}": form.stat, f"df.{form.form}": form.df, f"pvalue.{form.form}": form.pvalue}
        rows.append(row)
    return {"wald": ("Wald tests", pd.DataFrame(rows))}


def _build_additions(result: Fit, texts: Iterable[str]) -> Found:
    joined = "; ".join(texts)
    return {"additions": ("Score tests of additions", result.test_additions(joined))} if joined else {}


def _build_tables(result: Fit, names: Iterable[str]) -> Found:
    from sem_toolkit.report.tables import TABLES, build_table_of

    return {name: (TABLES[name].title, build_table_of(result, name)) for name in names}


def _build_total(result: Fit) -> "pd.DataFrame":
    import pandas as pd

    tests = result.score_tests
    rows = [{"test": "score", "X2": tests.stat, "df": tests.df, "pvalue": tests.pvalue}]
    rows += [
        {"test": f"score.{form.form}", "X2": form.stat, "df": form.df, "pvalue": form.pvalue} for form in tests.forms
    ]
    return pd.DataFrame(rows)
