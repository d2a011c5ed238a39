"""Print a regression as a paper would: every figure rounded to a few decimals."""

from decimal import ROUND_HALF_UP, Decimal

from sem_toolkit.study.published import Coefficient, Figure, ModelFigure, PrintedTable, parse_figure
from sem_toolkit.study.regression import Regression


def format_figure(value: float, decimals: int = 3) -> str:
    """Round half away from zero, as SPSS does: 0.2085 → "0.209"."""
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{rounded:.{decimals}f}"


def build_printed_table(
    regression: Regression,
    name: str,
    decimals: int = 3,
    scale: tuple[int, int] | None = None,
    n_stated: int | None = None,
) -> PrintedTable:
    """The table that would be printed of a regression; `scale` where its predictors are whole-number items."""

    def figure(value: float) -> Figure:
        return parse_figure(format_figure(value, decimals))

    rows = []
    for term, row in regression.coefficients.iterrows():
        columns = ["b", "se", "t", "sig"] if term == "constant" else ["b", "se", "beta", "t", "sig"]
        figures = {column: figure(row[column]) for column in columns}
        rows.append(Coefficient(str(term), figures, scale=None if term == "constant" else scale))
    model = {"r2": regression.r2, "adj_r2": regression.adj_r2, "f": regression.f, "sig_f": regression.sig_f}
    return PrintedTable(
        name,
        tuple(rows),
        tuple(ModelFigure(quantity, figure(value), "table", f"Table {name}") for quantity, value in model.items()),
        outcome=regression.outcome,
        n_stated=n_stated,
    )
