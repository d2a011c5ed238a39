"""The changes of lines that make one text of another."""

import difflib


def list_layout_changes(old: str, new: str) -> list[tuple[int, int, str]]:
    """First and last offset in the old text, and what stands there in the new one; lines that stay are not touched."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    return [
        (starts[first], starts[last], "".join(after[start:end]))
        for tag, first, last, start, end in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
