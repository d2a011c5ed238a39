"""Checks of what a paper says about its tables, hypotheses, analyses and counts."""

import re
from collections.abc import Iterator, Mapping, Sequence

from sem_toolkit.spec.expression_parsing import parse_expression
from sem_toolkit.study.checks import Check, Verdict
from sem_toolkit.study.published import Figure, PrintedTable, Publication, parse_figure

Rows = Sequence[Mapping[str, str]]


def check_statements(publication: Publication) -> Iterator[Check]:
    """References to tables, their numbering, hypotheses, promised analyses and counts, as far as transcribed."""
    for table in publication.tables:
        yield from _check_references(table)
    yield from _check_numbering(publication.tables)
    yield from _check_hypotheses(publication.statements.get("hypotheses", ()), publication.tables)
    yield from _check_analyses(publication.statements.get("analyses", ()), publication.tables)
    yield from _check_counts(publication.statements.get("counts", ()), publication.tables)


def _check_references(table: PrintedTable) -> Iterator[Check]:
    places = dict.fromkeys(figure.place for figure in table.figures if figure.source == "text" and figure.place)
    own = f"Table {table.name}"
    is_printed = any(figure.source == "table" for figure in table.figures) or any(
        row.figures for row in table.predictors
    )
    for place in places:
        right = is_printed and place == own
        reason = "the text refers to the table it speaks of" if right else f'the text refers to "{place}"'
        if not right:
            reason += f", the table is {own}" if is_printed else ", but the table is not printed"
        yield Check(
            table.name,
            "table reference",
            "text",
            "consistent" if right else "inconsistent",
            place,
            own if is_printed else "none",
            reason,
        )
    if not is_printed:
        reason = "only the text reports this regression: no coefficient can be checked"
        yield Check(table.name, "table printed", table.name, "not decidable", "", "", reason)
    if table.said:
        reason = f"the predictors measure {table.block}, the text calls them {table.said} factors"
        yield Check(table.name, "predictors as named", "text", "inconsistent", table.said, table.block, reason)


def _check_numbering(tables: Sequence[PrintedTable]) -> Iterator[Check]:
    """Tables numbered chapter-number: which numbers up to the last are missing?"""
    numbers: dict[str, list[int]] = {}
    for table in tables:
        if match := re.fullmatch(r"(\d+)[-.](\d+)", table.name):
            numbers.setdefault(match[1], []).append(int(match[2]))
    for chapter, found in numbers.items():
        for missing in sorted(set(range(min(found), max(found))) - set(found)):
            name = f"{chapter}-{missing}"
            reason = f"the tables run to {chapter}-{max(found)}, but there is no Table {name}"
            yield Check("", "table numbering", f"Table {name}", "inconsistent", "", "", reason)


def _check_hypotheses(rows: Rows, tables: Sequence[PrintedTable]) -> Iterator[Check]:
    for row in rows:
        blocks = _split(row.get("blocks", ""))
        tests = [table.name for table in tables if table.block in blocks]
        untested = [block for block in blocks if all(table.block != block for table in tables)]
        conclusion = row.get("conclusion", "")
        concluded = f"the conclusion: {conclusion}" if conclusion else "the conclusion is silent on it"
        if untested:
            reason = f"stated, never tested: no regression has predictors of {', '.join(untested)}; {concluded}"
        else:
            reason = f"tested in tables {', '.join(tests)}; {concluded}"
        yield Check(
            "",
            "hypothesis tested",
            row["hypothesis"],
            "not decidable" if untested else "consistent",
            row.get("statement", ""),
            ", ".join(tests) or "none",
            reason,
        )


def _check_analyses(rows: Rows, tables: Sequence[PrintedTable]) -> Iterator[Check]:
    known = {table.name for table in tables}
    for row in rows:
        printed = [name for name in _split(row.get("printed", "")) if name in known]
        reason = f"promised under {row.get('promised', 'the plan')}"
        reason += f", printed in tables {', '.join(printed)}" if printed else ", but no table is printed"
        verdict: Verdict = "consistent" if printed else "not decidable"
        yield Check("", "analysis printed", row["analysis"], verdict, "", ", ".join(printed) or "none", reason)


def _check_counts(rows: Rows, tables: Sequence[PrintedTable]) -> Iterator[Check]:
    counts = {row["quantity"]: parse_figure(row["value"]) for row in rows}
    values = {name: figure.value for name, figure in counts.items()}
    for row in rows:
        if row.get("relation"):
            yield _check_relation(row, counts[row["quantity"]], values)
    yield from _check_shares(rows, values)


def _check_relation(row: Mapping[str, str], printed: Figure, values: Mapping[str, float]) -> Check:
    expression = parse_expression(row["relation"])
    value = expression.value(values)
    agrees = float(printed.interval.lo) <= value <= float(printed.interval.hi)
    numbers = ", ".join(f"{name} {values[name]:g}" for name in expression.names)
    return Check(
        "",
        "count",
        row["quantity"],
        "consistent" if agrees else "inconsistent",
        printed.text,
        f"{value:.6g}",
        f"{row['relation']}, with {numbers}",
    )


def _check_shares(rows: Rows, values: Mapping[str, float]) -> Iterator[Check]:
    """Parts that the text gives of a whole: do they add up to the rows analysed, or to something else?"""
    parts = [row["quantity"] for row in rows if row.get("said_of") and not row["quantity"].endswith("percent")]
    if not parts or "valid" not in values:
        return
    total = sum(values[part] for part in parts)
    if total == values["valid"]:
        reason = "the parts add up to the valid questionnaires"
        yield Check("", "shares", " + ".join(parts), "consistent", f"{total:g}", f"{values['valid']:g}", reason)
        return
    whole = next((name for name, value in values.items() if value == total and name not in parts), "no count given")
    reason = (
        f"the parts add up to {total:g} ({whole}), not to the {values['valid']:g} valid questionnaires, "
        "whose composition is not told"
    )
    yield Check("", "shares", " + ".join(parts), "not decidable", f"{total:g}", f"{values['valid']:g}", reason)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
