"""What changes from model to model, with one column a model."""

from collections.abc import Callable

from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_number


def spread_paths(paths: "pd.DataFrame") -> "pd.DataFrame":
    """One row a path, one column a model: estimate and interval as text; the estimate alone where it is fixed."""
    cells = paths.assign(
        cell=[
            _format_interval(est, lower, upper)
            for est, lower, upper in zip(paths["est"], paths["ci.lower"], paths["ci.upper"], strict=True)
        ]
    )
    return _spread(cells, "path", "cell")


def spread_r2(r2: "pd.DataFrame", write: Callable[[float], str] = format_number) -> "pd.DataFrame":
    """One row a variable, one column a model: R² to three decimals."""
    return _spread(r2.assign(cell=[write(value) for value in r2["r2"]]), "variable", "cell")


def _format_interval(est: float, lower: float, upper: float) -> str:
    if pd.isna(lower) or lower == upper:
        return format_number(est)
    return f"{format_number(est)} [{format_number(lower)}, {format_number(upper)}]"


def _spread(rows: "pd.DataFrame", key: str, value: str) -> "pd.DataFrame":
    models = list(dict.fromkeys(rows["model"]))
    places = list(dict.fromkeys(zip(rows[key], rows["group"], strict=True)))
    cells = {
        (place, group, model): cell
        for place, group, model, cell in rows[[key, "group", "model", value]].itertuples(index=False, name=None)
    }
    table = pd.DataFrame({key: [place for place, _ in places], "group": [group for _, group in places]})
    for model in models:
        table[model if model not in table.columns else f"{model} "] = [
            cells.get((*place, model), "–") for place in places
        ]
    return table if any(table["group"]) else table.drop(columns="group")
