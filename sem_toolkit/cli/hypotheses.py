"""`sem-toolkit test` and `scores`: hypotheses about a model, and scores of its factors."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from sem_toolkit.cli.options import DataOption, JsonOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record
from sem_toolkit.diagnostics import Diagnostic, EstimationError
from sem_toolkit.fit import Fit
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.fit.text_tables import build_frame_table
from sem_toolkit.spec import read_spec

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.inference import ScoreMethod

Found = dict[str, tuple[str, "pd.DataFrame"]]
"""Tables of tests by their key in JSON: title and rows."""


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
    result = _require_optimum(fit_model(read_spec(spec), data, **chosen), hidden={"unused-label"} if wald else set())
    names = [name for name, on in (("local_tests", local), ("eigenvalue_tests", eigenvalue)) if on]
    if score:
        names = ["score_tests", "score_tests_cumulative", *names]
    asked = bool(wald or add or names)
    found = _build_wald(result, wald or []) | _build_additions(result, add or [])
    found |= _build_tables(result, names if asked else ["tests"])
    if score:
        found["score_total"] = ("All constraints released at once", _build_total(result))
    _print(result, found, json)
    return DONE if result.certified else NOT_CERTIFIED


@takes_fit_options
def scores(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    method: Annotated[str, typer.Option("--method", help="regression, bartlett or tenberge.")] = "regression",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the scores of all rows: .csv .xlsx .md .tex .html .docx"),
    ] = None,
) -> int:
    """Factor scores of every row of the data that was used, with their standard errors and determinacy."""
    from sem_toolkit.fit.tables import build_score_quality, build_score_rows

    if output is not None:
        from sem_toolkit.report.export import require_format

        require_format(output)
    result = _require_optimum(fit_model(read_spec(spec), data, **chosen))
    chosen_method = cast("ScoreMethod", method)
    rows, quality = build_score_rows(result, chosen_method), build_score_quality(result, chosen_method)
    if output is not None:
        from sem_toolkit.report.export import write_table

        write_table(output, rows, f"{result.title}: factor scores ({method})")
    title = f"Factor scores ({method})"
    shown = {"score_quality": (f"{title}: standard errors and determinacy", quality)}
    if json or output is None:
        shown["scores"] = (title, rows)
    _print(result, shown, json)
    return DONE if result.certified else NOT_CERTIFIED


def _require_optimum(result: Fit, hidden: Collection[str] = ()) -> Fit:
    """The fit, its messages printed but those with hidden codes; raises EstimationError where there is no optimum."""
    print_messages((entry for entry in result.messages if entry.code not in hidden), result.spec.source)
    if not result.converged:
        message = f"nothing can be inferred without a certified optimum ({result.certificate.verdict})"
        raise EstimationError(Diagnostic("error", "not-converged", message, hint="see `sem-toolkit fit` for the fit"))
    return result


def _build_wald(result: Fit, texts: list[str]) -> Found:
    if not texts:
        return {}
    import pandas as pd

    tests = [result.test_hypotheses(text) for text in texts]
    rows = [
        {"hypothesis": "; ".join(test.hypotheses), "stat": test.stat, "df": test.df, "pvalue": test.pvalue}
        for test in tests
    ]
    return {"wald": ("Wald tests", pd.DataFrame(rows))}


def _build_additions(result: Fit, texts: Iterable[str]) -> Found:
    joined = "; ".join(texts)
    return {"additions": ("Score tests of additions", result.test_additions(joined))} if joined else {}


def _build_tables(result: Fit, names: Iterable[str]) -> Found:
    from sem_toolkit.fit.tables import TABLES, build_table_of

    return {name: (TABLES[name].title, build_table_of(result, name)) for name in names}


def _build_total(result: Fit) -> "pd.DataFrame":
    import pandas as pd

    tests = result.score_tests
    return pd.DataFrame([{"X2": tests.stat, "df": tests.df, "pvalue": tests.pvalue}])


def _print(result: Fit, found: Found, json: bool) -> None:
    from sem_toolkit.fit.reasons import list_reasons

    reasons = {name: list_reasons(result, name, frame) for name, (_, frame) in found.items()}
    if json:
        record: dict[str, Any] = {name: build_frame_records(frame) for name, (_, frame) in found.items()}
        print_record(record | {"reasons": {name: texts for name, texts in reasons.items() if texts}})
        return
    console = build_console()
    for name, (title, frame) in found.items():
        console.print(build_frame_table(title, frame))
        for reason in reasons[name]:
            console.print(reason, "")
