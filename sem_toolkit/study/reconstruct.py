"""Respondents' data consistent with every printed figure: one data set of many, not the respondents' answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic, EstimationError
from sem_toolkit.files import write_text
from sem_toolkit.libraries import pd
from sem_toolkit.study.integer_sums import IntegerArray
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.item_search import search_score_items
from sem_toolkit.study.moments import InteriorMoments
from sem_toolkit.study.printing import format_figure
from sem_toolkit.study.published import Figure, PrintedTable, read_publication
from sem_toolkit.study.recover import recover_sums
from sem_toolkit.study.recovery import Recovery, Solution
from sem_toolkit.study.regression import Regression, fit_regression, stepwise_regression
from sem_toolkit.study.relations import compute_r2
from sem_toolkit.study.respondents import SCORE_DECIMALS, Attempt, Block
from sem_toolkit.study.score_items import ScoreItems
from sem_toolkit.study.whole_numbers import WholeAttempt

NOTE = "one data set consistent with the printed tables, not the respondents' answers"
DEFAULT_SEED = 77
_MOST_ATTEMPTS = 200
_MOST_DRAWS = 50

Bystanders = Mapping[str, Mapping[str, tuple[int, int]]]


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """A data set and how it compares with what is printed.

    data        one row a respondent: items, composites, the outcome
    figures     one row a printed figure: table, figure, printed, reproduced, agrees
    selection   one row a table: terms in printed order, terms as stepwise selection enters them, agrees
    unattained  figures that no data attain together with the others: the nearest attainable value and why
    """

    data: pd.DataFrame
    outcome: str
    seed: int
    figures: pd.DataFrame
    selection: pd.DataFrame
    unattained: tuple[str, ...]

    @property
    def reproduces(self) -> bool:
        """Every printed figure to the last digit, and the printed terms enter in the printed order, no other."""
        return bool(self.figures["agrees"].all() and self.selection["agrees"].all())

    def to_frame(self) -> pd.DataFrame:
        """The data."""
        return self.data

    def summary(self) -> str:
        """Text of a few lines."""
        agreeing, entering = int(self.figures["agrees"].sum()), int(self.selection["agrees"].sum())
        return "\n".join(
            [
                f"{len(self.data)} respondents, seed {self.seed}: {NOTE}",
                f"{agreeing} of {len(self.figures)} printed figures reproduced to the last digit",
                f"stepwise selection enters the printed terms in the printed order in {entering} of "
                f"{len(self.selection)} regressions",
                *(f"not attainable: {line}" for line in self.unattained),
            ]
        )


def reconstruct_data(
    tables: Sequence[PrintedTable],
    recovery: Recovery,
    seed: int = DEFAULT_SEED,
    bystanders: Bystanders | None = None,
    outcome_scale: tuple[float, float] = (1.0, 5.0),
    scores: ScoreItems | None = None,
) -> Reconstruction:
    """Build respondents for which the regressions print the tables.

    recovery    from `recover_sums` on the same tables; where several sets of sums are left, the seed picks one
    bystanders  table → further items of its block (name → scale) that must not enter
    scores      from `search_score_items`: the scores are then means of whole-number answers with the sums found

    Raises DataError where the tables contradict one another, EstimationError where no attempt succeeds.
    """
    rng = np.random.default_rng(seed)
    whole = scores is not None and scores.outcome.smallest is not None
    if scores is not None and scores.outcome.smallest is not None:
        solution = recovery.solutions[scores.outcome.smallest.solution]
    else:
        solution = _choose_solution(recovery, rng)
    outcome = solution.witness
    if outcome is None or not outcome.reproduces:
        worst = "" if outcome is None else f" (nearest: all but {outcome.worst})"
        message = f"no moments of the outcome give all printed figures at once{worst}"
        raise DataError(Diagnostic("error", "not-attainable", message))
    for _ in range(_MOST_ATTEMPTS):
        if scores is not None and whole:
            attempt: Attempt = WholeAttempt(recovery.n, scores, outcome_scale, rng)
        else:
            attempt = Attempt(recovery.n, outcome, outcome_scale, rng)
        data = _build_data(tables, solution, outcome, recovery, attempt, bystanders)
        if data is not None:
            found = _compare(data, tables, recovery, seed, bystanders)
            if found.reproduces:
                return found
    message = f"none of {_MOST_ATTEMPTS} attempts with seed {seed} reproduced every figure"
    raise EstimationError(Diagnostic("error", "no-reconstruction", message, hint="try another seed"))


def run_reconstruct(path: Path, seed: int = DEFAULT_SEED, output: Path | None = None) -> Reconstruction:
    """Recover and reconstruct from a folder of transcribed tables; writes a CSV where `output` is given.

    The folder's parent may hold codebook.csv (layout: data/README.md); items of a table's block and stage that did not
    enter are then part of the data.
    """
    tables = read_publication(path).tables
    bystanders = read_bystanders(path.parent / "codebook.csv", tables) if path.is_dir() else {}
    recovery = recover_sums(tables)
    scores = search_score_items(recovery, tables)
    found = reconstruct_data(tables, recovery, seed, bystanders, scores=_require_all(scores, tables))
    if output is not None:
        write_reconstruction(output, found)
    return found


def _require_all(scores: ScoreItems, tables: Sequence[PrintedTable]) -> ScoreItems | None:
    """The scores, where the whole numbers behind the outcome and behind every composite are known; else None."""
    composites = [t.name for t in tables if t.predictors and any(row.scale is None for row in t.predictors)]
    known = scores.outcome.smallest is not None and all(scores.composites.get(name) for name in composites)
    return scores if known else None


def write_reconstruction(path: Path, reconstruction: Reconstruction) -> None:
    """Write the data as CSV, each row with a note of what it is."""
    data = reconstruction.data
    printed = data.astype(object)
    for name in data.columns[data.dtypes == np.float64]:
        printed[name] = [f"{value:.{SCORE_DECIMALS}f}" for value in data[name]]
    printed["note"] = NOTE
    printed.insert(0, "respondent", range(1, len(data) + 1))
    write_text(path, printed.to_csv(index=False, lineterminator="\n"))


def read_bystanders(codebook: Path, tables: Sequence[PrintedTable]) -> dict[str, dict[str, tuple[int, int]]]:
    """Items that the codebook lists for a table's block and stage and that did not enter; empty without a codebook."""
    if not codebook.is_file():
        return {}
    items = pd.read_csv(codebook, keep_default_na=False)
    known = items[~items["wording"].str.startswith("Not known")]
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for table in tables:
        scale = table.predictors[0].scale
        own = known[(known["construct"] == table.block) & (known["stage"] == table.stage)]
        entered = {row.term for row in table.predictors}
        if scale is not None:
            found[table.name] = {name: scale for name in own["item"] if name not in entered}
    return found


def _choose_solution(recovery: Recovery, rng: np.random.Generator) -> Solution:
    if not recovery.solutions:
        reasons = "; ".join(f"table {step.table}: {step.reason}" for step in recovery.steps if step.reason)
        raise DataError(Diagnostic("error", "not-attainable", f"no integer sums give the printed tables ({reasons})"))
    witnessed = [solution for solution in recovery.solutions if solution.witness and solution.witness.reproduces]
    choices = witnessed or list(recovery.solutions)
    return choices[int(rng.integers(len(choices)))]


def _build_data(
    tables: Sequence[PrintedTable],
    solution: Solution,
    outcome: InteriorMoments,
    recovery: Recovery,
    attempt: Attempt,
    bystanders: Bystanders | None,
) -> pd.DataFrame | None:
    crossed = dict(zip(solution.sums, outcome.crossed, strict=True))
    blocks: list[Block] = []
    # Composites last: they never fail, but take longest.
    for table in sorted(tables, key=lambda table: any(row.scale is None for row in table.predictors)):
        if table.name in solution.sums:
            block = attempt.build_items(solution.sums[table.name], crossed[table.name])
        elif all(row.scale is not None for row in table.predictors):
            block = attempt.build_free_items(table)
        else:
            block = attempt.build_composites(table)
        if block is None:
            return None
        blocks.append(block)
    score = attempt.solve_score(blocks)
    if score is None:
        return None
    columns: dict[str, FloatArray | IntegerArray] = {}
    for block in blocks:
        for position, row in enumerate(block.table.predictors):
            values = block.columns[:, position]
            columns[row.term] = values if row.scale is None else values.astype(np.int64)
        drawn = _draw_bystanders(attempt, block, score, recovery.outcome, (bystanders or {}).get(block.table.name, {}))
        if drawn is None:
            return None
        columns |= drawn
    return pd.DataFrame({**{name: columns[name] for name in sorted(columns, key=_natural)}, recovery.outcome: score})


def _draw_bystanders(
    attempt: Attempt,
    block: Block,
    score: FloatArray,
    outcome: str,
    items: Mapping[str, tuple[int, int]],
) -> dict[str, IntegerArray] | None:
    """Draw until stepwise selection enters the printed terms in the printed order and none of these."""
    terms = [row.term for row in block.table.predictors]
    entering = {term: block.columns[:, i] for i, term in enumerate(terms)} | {outcome: score}
    # Where the printed terms do not enter by themselves, no further item can make them.
    if _select(pd.DataFrame(entering), outcome, terms) != terms:
        return None
    for _ in range(_MOST_DRAWS):
        drawn = attempt.draw_bystanders(items, block.columns)
        if not items or _select(pd.DataFrame({**entering, **drawn}), outcome, [*terms, *drawn]) == terms:
            return drawn
    return None


def _select(data: pd.DataFrame, outcome: str, candidates: list[str]) -> list[str]:
    """Terms in the order in which stepwise selection enters them."""
    selected = stepwise_regression(data, outcome, candidates)
    if any(step.action == "removed" for step in selected.steps):
        return []
    return [step.term for step in selected.steps]


def _compare(
    data: pd.DataFrame, tables: Sequence[PrintedTable], recovery: Recovery, seed: int, bystanders: Bystanders | None
) -> Reconstruction:
    figures: list[dict[str, object]] = []
    selection: list[dict[str, object]] = []
    for table in tables:
        terms = [row.term for row in table.predictors]
        figures += _compare_figures(table, fit_regression(data, recovery.outcome, terms))
        candidates = [*terms, *(bystanders or {}).get(table.name, {})]
        entered = _select(data, recovery.outcome, sorted(candidates, key=_natural))
        row = {"table": table.name, "candidates": ", ".join(sorted(candidates, key=_natural))}
        selection.append(row | {"printed": ", ".join(terms), "entered": ", ".join(entered), "agrees": entered == terms})
    unattained = tuple(line for table in tables for line in _list_unattained(table, recovery.n))
    return Reconstruction(data, recovery.outcome, seed, pd.DataFrame(figures), pd.DataFrame(selection), unattained)


def _compare_figures(table: PrintedTable, regression: Regression) -> list[dict[str, object]]:
    rows = []
    model = {"r2": regression.r2, "adj_r2": regression.adj_r2, "f": regression.f, "sig_f": regression.sig_f}
    for quantity, value in model.items():
        figure = table.find(quantity)
        if figure is not None:
            rows.append(_compare_figure(table.name, quantity, figure, value))
    for coefficient in table.coefficients:
        for column, figure in coefficient.figures.items():
            value = float(regression.coefficients.loc[coefficient.term, column])
            rows.append(_compare_figure(table.name, f"{column} {coefficient.term}", figure, value))
    return rows


def _compare_figure(table: str, name: str, figure: Figure, value: float) -> dict[str, object]:
    decimals = len(figure.text.partition(".")[2])
    agrees = (
        value < figure.value if figure.text.startswith("<") else float(format_figure(value, decimals)) == figure.value
    )
    return {"table": table, "figure": name, "printed": figure.text, "reproduced": value, "agrees": agrees}


def _list_unattained(table: PrintedTable, n: int) -> list[str]:
    """Figures of the text that the table's own figures exclude."""
    lines = []
    in_table, in_text = table.find("f", "table"), table.find("f", "text")
    if in_table is not None and in_text is not None and not bool(in_table.interval.overlaps(in_text.interval)):
        r2, k = compute_r2(table, n, "table"), len(table.predictors)
        odds = r2 / (1.0 - r2) * ((n - k - 1) / k)
        attainable = odds & in_table.interval
        nearest = attainable.lo if in_text.value < float(attainable.lo) else attainable.hi
        lines.append(
            f"F = {in_text.text} (text on Table {table.name}) with R² = {table.figures[0].figure.text} and n = {n}; "
            f"nearest F that the table's figures allow: {float(nearest):.4f}"
        )
    return lines


def _natural(name: str) -> tuple[bool, str, int]:
    """a4 before a10, composites last."""
    letters = name.rstrip("0123456789")
    return (name == letters, letters, int(name[len(letters) :] or 0))
