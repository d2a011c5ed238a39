"""Pages whose examples are run: what their commands and Python print stands in them as it came.

A fence with a title (```` ```lavaan title="model.lav" ````) is a file of that name in the page's folder. In a
`console` fence lines that begin with `$ ` are commands and what follows is their output. A `python` fence is run as
it stands; the `text` fence after it is what it printed. Comments before a fence say what else is needed:

    <!-- files: hs.csv -->            files of docs/data that the page starts with
    <!-- show: Fit..SABIC; R² -->     only these lines of the output: from one text to another, or single lines;
                                      "nothing" for none
    <!-- not run: why -->             the next fence is an example that cannot be run here

Commands are those of sem-toolkit, run in this process, and a few of the shell (cat, head, cd, ls, `| head`, `> FILE`,
`echo $?`). A command that ends with another code than 0 must be followed by `echo $?`, so that the reader sees it.
"""

import ast
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from sem_toolkit.cli.main import run as run_command

DOCS = Path(__file__).parent.parent
DATA = DOCS / "data"
PICTURES = DOCS / "pictures"
RUN_FOLDERS = ("tutorials", "how-to", "explanation", "reference")
CONTINUED = "    "

_FENCE = re.compile(r"^```(?P<language>[\w-]*)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<body>.*?)^```$", re.M | re.S)
_DIRECTIVE = re.compile(r"^<!-- (?P<word>files|show|not run): (?P<rest>.*?) -->$", re.M)
_ROUNDING = re.compile(r"\b\d(?:\.\d+)?e-(?:09|[1-3]\d)\b")
_LAST_DIGITS = re.compile(r"(\d\.\d{8})\d+")
_PICTURE = re.compile(r"!\[[^]]*]\((?:\.\./)?pictures/([\w.-]+)\)")


class PageError(Exception):
    """An example cannot be run as it stands on the page."""


@dataclass(frozen=True)
class Fence:
    """One fenced block: its language, title, body, place in the text, and the comments before it."""

    language: str
    title: str | None
    body: str
    start: int
    end: int
    directives: dict[str, str]


@dataclass
class Session:
    """What a page has while it is run: a folder, names of Python, the code of the last command."""

    folder: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "page"})
    code: int = 0


@dataclass(frozen=True)
class PageRun:
    """The page with its outputs as they came, and the pictures it shows that its commands drew."""

    text: str
    pictures: dict[str, Path]


def find_pages() -> list[Path]:
    """Pages that have something to run, in a fixed order."""
    found = [
        *sorted(DOCS.glob("*.md")),
        *(page for folder in RUN_FOLDERS for page in sorted((DOCS / folder).glob("*.md"))),
    ]
    return [page for page in found if has_examples(page.read_text(encoding="utf-8"))]


def has_examples(text: str) -> bool:
    """Whether a page has commands or Python that are run."""
    return any(fence.language in ("console", "python") for fence in read_fences(text))


def read_fences(text: str) -> list[Fence]:
    """The fences of a page, each with the comments that stand between the one before and itself."""
    fences, before = [], 0
    for match in _FENCE.finditer(text):
        directives = {found["word"]: found["rest"] for found in _DIRECTIVE.finditer(text, before, match.start())}
        language, title = match["language"], match["title"]
        fences.append(Fence(language, title, match["body"], match.start(), match.end(), directives))
        before = match.end()
    return fences


def run_page(text: str, folder: Path) -> PageRun:
    """Run the examples of a page in a folder.

    Raises PageError where a command fails without the page saying so, or is not known.
    """
    session, parts, done = Session(folder), [], 0
    fences = read_fences(text)
    for fence, following in zip_longest(fences, fences[1:]):
        if fence.start < done:  # the output of Python, written with its code
            continue
        _copy_files(fence.directives.get("files", ""), folder)
        if fence.title:
            _write_file(folder / fence.title, fence.body)
        if "not run" in fence.directives:
            continue
        parts.append(text[done : fence.start])
        done = fence.end
        if fence.language == "console":
            parts.append(f"```console\n{_run_console(fence, session)}```")
        elif fence.language == "python":
            parts.append(text[fence.start : fence.end])
            printed = _select([_run_python(fence.body, session)], fence.directives.get("show"))[0]
            if following and following.language == "text" and not text[fence.end : following.start].strip():
                done = following.end
            if printed:
                parts.append(f"\n\n```text\n{printed}```")
        else:
            parts.append(text[fence.start : fence.end])
    parts.append(text[done:])
    pictures = {name: folder / name for name in _PICTURE.findall(text) if (folder / name).exists()}
    return PageRun(_keep_rounding("".join(parts), text), pictures)


def _keep_rounding(new: str, old: str) -> str:
    """The new text, with the old line where only rounding differs: 2.4e-14, or the tenth digit and those after it."""
    known = {_blur(line): line for line in old.splitlines() if _blur(line) != line}
    return "\n".join(known.get(_blur(line), line) for line in new.split("\n"))


def _blur(line: str) -> str:
    return _LAST_DIGITS.sub(r"\1", _ROUNDING.sub("0", line))


def _copy_files(names: str, folder: Path) -> None:
    for name in names.split():
        shutil.copy(DATA / name, folder / name)


def _write_file(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")


def _run_console(fence: Fence, session: Session) -> str:
    outputs, heads, failed = [], [], ""
    for command in _read_commands(fence.body):
        plain = " ".join(part.strip().removesuffix("\\").strip() for part in command)
        if failed and plain != "echo $?":
            raise PageError(failed)
        output = _run_line(plain, session)
        failed = f"`{plain}` ends with {session.code}, and no `echo $?` after it shows it:\n{output}"
        failed = failed if session.code else ""
        if plain == "echo $?":
            session.code, failed = 0, ""
        outputs.append(output)
        heads.append("$ " + "".join(f"{part}\n" for part in command))
    if failed:
        raise PageError(failed)
    shown = iter(
        _select(
            [output for head, output in zip(heads, outputs, strict=True) if _is_ours(head)],
            fence.directives.get("show"),
        )
    )
    shown = [next(shown) if _is_ours(head) else output for head, output in zip(heads, outputs, strict=True)]
    return "".join(f"{head}{output}" for head, output in zip(heads, shown, strict=True))


def _is_ours(head: str) -> bool:
    """Whether a command's output may be cut by `show`: what the shell prints is short."""
    return head.startswith("$ sem-toolkit ")


def _read_commands(body: str) -> Iterator[list[str]]:
    """The commands of a fence, each as its lines; outputs are skipped."""
    lines = iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = [line.removeprefix("$ ")]
            while command[-1].endswith("\\"):
                command.append(next(lines))
            yield command


def _run_line(line: str, session: Session) -> str:
    """What a line shows: messages and results, results not where they go into a file."""
    words = shlex.split(line, comments=True)
    target = None
    if ">" in words:
        target = words[words.index(">") + 1]
        del words[words.index(">") : words.index(">") + 2]
    words, rest = (words[: words.index("|")], words[words.index("|") + 1 :]) if "|" in words else (words, [])
    with _Captured(session.folder) as printed:
        if words[0] == "sem-toolkit":
            session.code = run_command(words[1:])
        else:
            sys.stdout.write(_run_words(words, session))
    if target:
        _write_file(session.folder / target, printed.get("out"))
        return printed.get("err")
    return printed.get("err") + _cut(printed.get("out"), rest) if rest else printed.get("out", "err")


def _run_words(words: list[str], session: Session) -> str:
    match words:
        case ["echo", "$?"]:
            return f"{session.code}\n"
        case ["cat", name]:
            return (session.folder / name).read_text(encoding="utf-8")
        case ["head", count, name]:
            return _cut((session.folder / name).read_text(encoding="utf-8"), [words[0], count])
        case ["ls", *names]:
            folder = session.folder / (names[0] if names else ".")
            return "".join(f"{path.name}\n" for path in sorted(folder.iterdir()))
        case ["cd", name]:
            session.folder = session.folder / name
            return ""
        case ["mkdir", name]:
            (session.folder / name).mkdir()
            return ""
    raise PageError(f"no way to run `{' '.join(words)}`")


def _cut(output: str, filter_words: list[str]) -> str:
    match filter_words:
        case ["head", count]:
            return "".join(output.splitlines(keepends=True)[: int(count.removeprefix("-"))])
    raise PageError(f"no way to pipe into `{' '.join(filter_words)}`")


def _run_python(code: str, session: Session) -> str:
    """What a block prints; the value of an expression at its end is printed too, as in a notebook."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with _Captured(session.folder) as printed:
        exec(compile(tree, "page", "exec"), session.names)  # noqa: S102 - pages are ours, no user's text
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "page", "eval"), session.names)  # noqa: S307
            if value is not None:
                sys.stdout.write(f"{value!r}\n")
    return printed.get("out", "err")


class _Printed:
    """What was printed, piece by piece, to either stream."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, str]] = []

    def get(self, *streams: str) -> str:
        return "".join(text for stream, text in self.pieces if stream in streams)


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, name: str, printed: _Printed) -> None:
        self.name, self.printed = name, printed

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.printed.pieces.append((self.name, text))
        return len(text)


class _Captured:
    """Both streams, in a folder, with the width of a page."""

    def __init__(self, folder: Path) -> None:
        self.printed = _Printed()
        streams = _Stream("out", self.printed), _Stream("err", self.printed)
        self.entered = [chdir(folder), redirect_stdout(streams[0]), redirect_stderr(streams[1])]

    def __enter__(self) -> _Printed:
        self.columns = os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = "100"
        for context in self.entered:
            context.__enter__()
        return self.printed

    def __exit__(self, *problem: object) -> None:
        for context in reversed(self.entered):
            context.__exit__(None, None, None)
        if self.columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = self.columns


def _select(outputs: list[str], wanted: str | None) -> list[str]:
    """What a page shows of outputs: the lines it asks for, without spaces at their ends and repeated empty lines.

    Each part of `wanted` must be in one of them.
    """
    pages = [[line.rstrip() for line in output.splitlines()] for output in outputs]
    if wanted:
        parts = [part.strip() for part in wanted.split(";") if part.strip() != "nothing"]
        found = [[_find_lines(lines, part) for part in parts] for lines in pages]
        for place, part in enumerate(parts):
            if not any(ranges[place] for ranges in found):
                raise PageError(f"no output has lines for `show: {part}`:\n" + "\n".join(outputs))
        pages = [_pick(lines, ranges) for lines, ranges in zip(pages, found, strict=True)]
    return [_tidy(lines) for lines in pages]


def _tidy(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)


def _find_lines(lines: list[str], part: str) -> range:
    """The lines from one text to another (`A..B`, `A..` to the end, `..B`), or the one that has a text."""
    first, dots, last = part.partition("..")
    start = _find(lines, first, 0) if first else 0
    if start is None:
        return range(0)
    end = _find(lines, last, start) if last else (len(lines) - 1 if dots else start)
    return range(0) if end is None else range(start, end + 1)


def _find(lines: list[str], text: str, start: int) -> int | None:
    return next((place for place in range(start, len(lines)) if text in lines[place]), None)


def _pick(lines: list[str], ranges: list[range]) -> list[str]:
    """Lines in their order, with a mark where others are left out."""
    shown: list[str] = []
    before = -1
    for place in sorted({place for found in ranges for place in found}):
        if any(lines[before + 1 : place]):
            shown.append("…")
        shown.append(lines[place])
        before = place
    if any(lines[before + 1 :]):
        shown.append("…")
    return shown
