"""Headers of blocks: their order, and statements outside them."""

from collections.abc import Sequence

from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tree import BadStatement, BlockHeader, Formula, Statement


def check_blocks(statements: Sequence[Statement], reporter: Reporter) -> None:
    """Report misplaced, lonely and empty blocks."""
    headers = [statement for statement in statements if isinstance(statement, BlockHeader)]
    if not headers:
        return
    _check_before(statements, headers[0], reporter)
    _check_nesting(headers, reporter)
    _check_levels(headers, reporter)
    _check_empty(statements, reporter)
    if len(headers) == 1 and not any(isinstance(s, BadStatement) and s.is_header for s in statements):
        reporter.warning(
            "single-block",
            f'"{headers[0].block}: {headers[0].label}" is the only block',
            headers[0].start,
            headers[0].end,
            "take the header out, or add the other blocks",
        )


def _check_before(statements: Sequence[Statement], header: BlockHeader, reporter: Reporter) -> None:
    for statement in statements:
        if statement is header:
            return
        if isinstance(statement, Formula):
            reporter.error(
                "statement-before-block",
                f'this statement belongs to no block: the first begins at "{header.block}: {header.label}"',
                statement.start,
                statement.end,
                "move it below a header",
                related=((header.start, header.end, "the first block begins here"),),
            )


def _check_nesting(headers: Sequence[BlockHeader], reporter: Reporter) -> None:
    kinds = list(dict.fromkeys(header.block for header in headers))
    if "group" in kinds and "level" in kinds and kinds.index("level") < kinds.index("group"):
        header = next(header for header in headers if header.block == "group")
        reporter.error(
            "groups-within-levels",
            "groups cannot be nested within levels",
            header.start,
            header.end,
            'write "group: …" first, and the levels of each group below it',
        )


def _check_levels(headers: Sequence[BlockHeader], reporter: Reporter) -> None:
    """Report a third level, and a group that lacks one of two."""
    labels = list(dict.fromkeys(header.label for header in headers if header.block == "level"))
    third = next((header for header in headers if header.block == "level" and header.label in labels[2:]), None)
    if third is not None:
        message = f"the model has {len(labels)} levels; two can be estimated"
        reporter.error("too-many-levels", message, third.start, third.end, "take the others out")
        return
    own: dict[str, BlockHeader] = {}
    found: dict[str, set[str]] = {}
    group = None
    for header in headers:
        if header.block == "group":
            group = own.setdefault(header.label, header).label
            found.setdefault(group, set())
        elif header.block == "level" and group is not None:
            found[group].add(header.label)
    for label, levels in found.items() if headers[0].block == "group" else ():
        if labels and len(levels) < len(labels):
            missing = ", ".join(f'"{name}"' for name in labels if name not in levels)
            message = f'group "{label}" has no level {missing}, as other groups have'
            hint = "write both levels below every group"
            reporter.error("group-without-level", message, own[label].start, own[label].end, hint)


def _check_empty(statements: Sequence[Statement], reporter: Reporter) -> None:
    """A header with nothing before the next one of its kind."""
    waiting: dict[str, BlockHeader] = {}
    for statement in statements:
        if isinstance(statement, BlockHeader):
            if statement.block in waiting:
                _report_empty(waiting[statement.block], reporter)
            waiting[statement.block] = statement
        else:
            waiting.clear()
    for header in waiting.values():
        _report_empty(header, reporter)


def _report_empty(header: BlockHeader, reporter: Reporter) -> None:
    reporter.error("empty-block", f'the block "{header.block}: {header.label}" says nothing', header.start, header.end)
