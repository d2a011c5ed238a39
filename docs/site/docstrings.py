"""Docstrings as pages want them: the aligned lists of arguments and attributes become lists."""

import re

import griffe

_ENTRY = re.compile(r"(?P<names>\*{0,2}[\w.]+(?:, \*{0,2}[\w.]+)*) {2,}(?P<text>\S.*)")


class ArgumentLists(griffe.Extension):
    """Rewrites the docstring of every object that is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Called by griffe for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = arrange(obj.docstring.value)


def arrange(text: str) -> str:
    """Paragraphs of `name   meaning` lines as Markdown lists; all else as it is."""
    return "\n\n".join(_arrange_paragraph(paragraph) for paragraph in re.split(r"\n\s*\n", text.strip()))


def _arrange_paragraph(paragraph: str) -> str:
    items: list[str] = []
    for line in paragraph.splitlines():
        match = _ENTRY.fullmatch(line)
        if match:
            names = ", ".join(f"`{name}`" for name in match["names"].split(", "))
            items.append(f"- {names}: {match['text']}")
        elif items and line.startswith("   "):
            items[-1] += f" {line.strip()}"
        else:
            return paragraph
    return "\n".join(items)
