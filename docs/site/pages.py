"""Pages whose examples are run: what their commands and Python print stands in them as it came.

A fence with a title (```` ```lavaan title="model.lav" ````) is a file of that name in the page's folder. In a
`console` fence lines that begin with `$ ` are commands and what follows is their output. A `python` fence is run as
it stands; the `text` fence after it is what it printed. Comments before a fence say what else is needed:

    <!-- files: hs.csv -->            files of docs/data that the page starts with
    <!-- show: Fit..SABIC; R² -->     only these lines of the output: from one text to another, or single lines
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
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
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
    found = [DOCS / "index.md", *(page for folder in RUN_FOLDERS for page in sorted((DOCS / folder).glob("*.md")))]
    return [page for page in found if page.exists() and has_examples(page.read_text(encoding="utf-8"))]


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
    for fence, following in zip(fences, [*fences[1:], None], strict=True):
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
            printed = _select(_run_python(fence.body, session), fence.directives.get("show"))
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
    """The new text, with the old line where only numbers that are zero but for rounding differ (2.4e-14)."""
    known = {_ROUNDING.sub("0", line): line for line in old.splitlines() if _ROUNDING.search(line)}
    return "\n".join(known.get(_ROUNDING.sub("0", line), line) for line in new.split("\n"))


def _copy_files(names: str, folder: Path) -> None:
    for name in names.split():
        shutil.copy(DATA / name, folder / name)


def _write_file(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8")


def _run_console(fence: Fence, session: Session) -> str:
    lines, failed = [], ""
    for command in _read_commands(fence.body):
        plain = " ".join(part.strip().removesuffix("\\").strip() for part in command)
        if failed and plain != "echo $?":
            raise PageError(failed)
        output = _run_line(plain, session)
        failed = f"`{plain}` ends with {session.code}, and no `echo $?` after it shows it:\n{output}"
        failed = failed if session.code else ""
        if plain == "echo $?":
            session.code, failed = 0, ""
        first, *others = command
        lines += [f"$ {first}\n", *(f"{other}\n" for other in others), _select(output, fence.directives.get("show"))]
    if failed:
        raise PageError(failed)
    return "".join(lines)


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
    words = shlex.split(line, comments=True)
    target, rest = None, []
    if ">" in words:
        target = words[words.index(">") + 1]
        del words[words.index(">") : words.index(">") + 2]
    if "|" in words:
        rest = words[words.index("|") + 1 :]
        words = words[: words.index("|")]
    output = _run_words(words, session)
    if rest:
        output = _cut(output, rest)
    if target:
        _write_file(session.folder / target, output)
        return ""
    return output


def _run_words(words: list[str], session: Session) -> str:
    match words:
        case ["sem-toolkit", *arguments]:
            with _captured(session.folder) as output:
                session.code = run_command(arguments)
            return output.getvalue()
        case ["echo", "$?"]:
            return f"{session.code}\n"
        case ["cat", name]:
            return (session.folder / name).read_text(encoding="utf-8")
        case ["head", count, name]:
            return _cut((session.folder / name).read_text(encoding="utf-8"), ["head", count])
        case ["ls", *names]:
            folder = session.folder / (names[0] if names else ".")
            return "  ".join(sorted(path.name for path in folder.iterdir())) + "\n"
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
    with _captured(session.folder) as output:
        exec(compile(tree, "page", "exec"), session.names)  # noqa: S102 - pages are ours, no user's text
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "page", "eval"), session.names)  # noqa: S307
            if value is not None:
                print(repr(value), file=output)
    return output.getvalue()


class _Output(io.StringIO):
    encoding = "utf-8"


class _captured:  # noqa: N801 - a context manager
    """Both streams as one text, in a folder, with the width of a page."""

    def __init__(self, folder: Path) -> None:
        self.output = _Output()
        self.entered = [chdir(folder), redirect_stdout(self.output), redirect_stderr(self.output)]

    def __enter__(self) -> _Output:
        self.columns = os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = "100"
        for context in self.entered:
            context.__enter__()
        return self.output

    def __exit__(self, *problem: object) -> None:
        for context in reversed(self.entered):
            context.__exit__(None, None, None)
        if self.columns is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = self.columns


def _select(output: str, wanted: str | None) -> str:
    """The lines of an output that a page shows, without spaces at their ends and without repeated empty lines."""
    lines = [line.rstrip() for line in output.splitlines()]
    if wanted:
        lines = _pick(lines, [part.strip() for part in wanted.split(";")])
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)


def _pick(lines: list[str], wanted: list[str]) -> list[str]:
    picked: list[int] = []
    for part in wanted:
        first, dots, last = part.partition("..")
        start = _find(lines, first, 0, part) if first else 0
        end = _find(lines, last, start, part) if last else (len(lines) - 1 if dots else start)
        picked += range(start, end + 1)
    shown: list[str] = []
    before = -1
    for place in sorted(set(picked)):
        if place != before + 1 and any(lines[before + 1 : place]):
            shown.append("…")
        shown.append(lines[place])
        before = place
    if any(lines[before + 1 :]):
        shown.append("…")
    return shown


def _find(lines: list[str], text: str, start: int, part: str) -> int:
    for place in range(start, len(lines)):
        if text in lines[place]:
            return place
    raise PageError(f"the output has no line for `show: {part}`:\n" + "\n".join(lines))
