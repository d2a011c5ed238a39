"""What was found in survey data, as tables for a terminal and as one HTML page."""

from collections.abc import Iterable, Sequence
from html import escape

from rich.console import RenderableType

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.libraries import pd
from sem_toolkit.report.html import format_html
from sem_toolkit.report.text_tables import build_frame_table
from sem_toolkit.sample.screening import SMALLEST_P, Screening

_MOST_ROWS = 20
_MOST_VALUES = 40
_WIDTH, _HEIGHT, _TEXT = 168, 54, 12
"""Of one small plot, in pixels: the bars' area, and the line of figures below."""
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:76em;margin:2em auto;padding:0 1em;color:#222}
h2{font-size:1.1em;margin:2em 0 .4em}.plots{display:flex;flex-wrap:wrap;gap:1em 1.4em}
figure{margin:0}figcaption{font-size:.85em;max-width:168px;overflow-wrap:anywhere}
.flow{display:flex;flex-wrap:wrap;gap:.5em;align-items:center;margin:.5em 0 1em}
.flow div{border:1px solid #999;border-radius:.4em;padding:.3em .8em;text-align:center}
.flow b{display:block;font-size:1.3em}.said{border-left:.3em solid #d55e00;padding:.1em .8em;margin:.5em 0}
.said.note{border-color:#0072b2}.wide{overflow-x:auto}text{font:10px system-ui,sans-serif;fill:#555}"""
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


def build_screening(found: Screening, everything: bool = False) -> Iterable[RenderableType]:
    """Tables and lines, one after the other; `everything` lists all rows that were found."""
    yield build_frame_table("Response flow", found.flow)
    yield from _build_columns(found, everything)
    yield from _build_missing(found)
    yield from _build_rows(found, everything)


def _build_columns(found: Screening, everything: bool) -> Iterable[RenderableType]:
    yield build_frame_table("Columns", _drop_empty(found.columns))
    yield f"Items: {', '.join(found.items) or 'none found; name them with --items'}"
    values = found.values.assign(code=found.values["code"].astype(str))
    if len(values):
        shown = values if everything else values.head(_MOST_VALUES)
        left = len(values) - len(shown)
        yield build_frame_table("Labelled values", _drop_blank(shown.assign(rows=shown["rows"].astype(int))))
        if left:
            yield f"… and {left} more labelled values; --html shows all"


def _build_missing(found: Screening) -> Iterable[RenderableType]:
    if len(found.missing_rows) > 1:
        yield build_frame_table("Rows by the number of empty items", found.missing_rows)
        yield build_frame_table("Patterns of empty items", found.patterns)
    else:
        yield "No item is empty in any row." if found.items else "Without items no row is looked at for empty answers."


def _build_rows(found: Screening, everything: bool) -> Iterable[RenderableType]:
    most = None if everything else _MOST_ROWS
    yield f"One answer to all items: {_list_rows(found.straight, most)}"
    yield f"Repeat an earlier row: {_list_rows(found.duplicates, most)}"
    title = f"Far out over the items (Mahalanobis, p < {SMALLEST_P:g}): {len(found.far) or 'none'}"
    yield build_frame_table(title, found.far.head(most or len(found.far))) if len(found.far) else title


def build_screening_page(found: Screening, title: str) -> str:
    """One HTML file that needs nothing beside it: what is to be said, the flow, small plots, and all tables."""
    said = "".join(_format_message(entry) for entry in found.messages)
    parts = [
        said,
        "<h2>Response flow</h2>",
        _format_flow(found.flow),
        "<h2>Distributions</h2>",
        _format_plots(found),
        "<h2>Columns</h2>",
        f'<div class="wide">{format_html(_build_columns(found, everything=True))}</div>',
        "<h2>Empty answers</h2>",
        format_html(_build_missing(found)),
        "<h2>Rows to look at</h2>",
        format_html(_build_rows(found, everything=True)),
    ]
    return _PAGE.format(title=escape(title), style=_STYLE, body="\n".join(parts))


def _format_flow(flow: "pd.DataFrame") -> str:
    boxes = [
        f"<div><b>{row.rows}</b>{escape(str(row.step))}<br><small>{100 * row.share:.1f} %</small></div>"
        for row in flow.itertuples()
    ]
    return f'<div class="flow">{" → ".join(boxes)}</div>'


def _format_plots(found: Screening) -> str:
    columns = found.columns.set_index("column")
    order = [*found.items, *(name for name in found.counts if name not in found.items)]
    plots = [_format_plot(name, found.counts[name], columns.loc[name]) for name in order if len(found.counts[name])]
    return f'<div class="plots">{"".join(plots)}</div>'


def _format_plot(name: str, counts: "pd.DataFrame", column: "pd.Series") -> str:
    """Bars of one column: values of a scale apart, bins side by side; answers off the scale are marked."""
    width = _WIDTH / len(counts)
    tallest = max(int(counts["rows"].max()), 1)
    is_scale = bool((counts["from"] == counts["to"]).all())
    gap = 0.2 * width if is_scale else 0.5
    bars = []
    for place, (start, end, rows) in enumerate(counts.itertuples(index=False)):
        height = _HEIGHT * rows / tallest
        what = f"{start:g}: {rows} rows" if is_scale else f"{start:g} to {end:g}: {rows} rows"
        bars.append(
            f'<rect x="{place * width + gap / 2:.1f}" y="{_HEIGHT - height:.1f}" width="{width - gap:.1f}" '
            f'height="{height:.1f}" fill="#0072b2"><title>{what}</title></rect>'
        )
    low, high = f"{counts['from'].iloc[0]:g}", f"{counts['to'].iloc[-1]:g}"
    label = f"{column['label']}. " if column["label"] else ""
    outside = f"; {column['outside']:g} off the scale" if column["outside"] and column["outside"] > 0 else ""
    empty = f"; {column['missing']} empty" if column["missing"] else ""
    told = f"{label}{column['kind']}, mean {column['mean']:.2f}, SD {column['sd']:.2f}{outside}{empty}"
    return (
        f'<figure><svg width="{_WIDTH}" height="{_HEIGHT + _TEXT + 2}" role="img" aria-label="{escape(name)}">'
        f'{"".join(bars)}<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT}" y2="{_HEIGHT}" stroke="#999"/>'
        f'<text x="0" y="{_HEIGHT + _TEXT}">{low}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + _TEXT}" text-anchor="end">{high}</text></svg>'
        f"<figcaption><strong>{escape(name)}</strong> {escape(told)}</figcaption></figure>"
    )


def _format_message(entry: Diagnostic) -> str:
    hint = f" ({escape(entry.hint)})" if entry.hint else ""
    return f'<p class="said {entry.severity}"><strong>{entry.severity}</strong>: {escape(entry.message)}{hint}</p>\n'


def _drop_empty(columns: "pd.DataFrame") -> "pd.DataFrame":
    """The table without columns that nothing has."""
    shown = _drop_blank(columns)
    if "outside" in shown and not (shown["outside"] > 0).any():
        shown = shown.drop(columns="outside")
    whole = {
        name: ["" if pd.isna(value) else f"{value:g}" for value in shown[name]]
        for name in ("min", "max", "outside")
        if name in shown
    }
    return shown.assign(**whole)


def _drop_blank(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table without columns of nothing but blanks."""
    return table[[name for name in table if not table[name].isna().all() and not (table[name] == "").all()]]


def _list_rows(rows: Sequence[int], most: int | None) -> str:
    if not rows:
        return "no row"
    shown = ", ".join(map(str, rows[:most]))
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return f"{count}: {shown}{', …' if most is not None and len(rows) > most else ''}"
