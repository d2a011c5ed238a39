"""Write what docs/ has from the code: reference pages, outputs of examples, Figure 3-1 in both versions.

`python docs/make.py PAGE...` only makes these pages.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from typer.core import TyperArgument, TyperCommand, TyperOption

from sem_toolkit import fit
from sem_toolkit.cli.commands import COMMANDS, load_command
from sem_toolkit.cli.options import PANELS
from sem_toolkit.files import write_text
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.spec import read_spec
from sem_toolkit.study.files import draw_figures
from sem_toolkit.study.manual import build_manual
from sem_toolkit.study.printed_study import run_printed_study
from sem_toolkit.study.run import RESEARCH_MODEL, StudyModel

HERE = Path(__file__).resolve().parent
TAKES = {
    "word": "a word", "words": "words", "switch": "true or false", "number": "a number", "count": "a whole number",
    "counts": "whole numbers", "numbers": "numbers", "fraction": "a number between 0 and 1", "mapping": "a mapping",
    "moments": "moments",
}  # fmt: skip
HEAD = """# Command line

Made from the program by `make docs`. In an options file (`--options FILE.json`) every option has lavaan's name: the
flag below, with underscores for dashes. Most commands fit a model and take the [options of a
fit](#options-of-a-fit); they stand once, at the end.

Exit codes: 0 done; 1 the model could not be fitted, or an answer is not certified; 2 the input is wrong; 3 a defect of
ours. Results go to standard output, messages to standard error.
"""


def main() -> None:
    """Write docs/cli.md, docs/study.md, the figures of the README, and what the examples of pages print."""
    sys.path.insert(0, str(HERE / "site"))
    from pages import find_pages

    wanted = [Path(name).resolve() for name in sys.argv[1:]]
    if wanted:
        whole = {path: write for path, write in WHOLE.items() if path in wanted}
        for write in whole.values():
            write()
        write_examples(path for path in wanted if path not in whole)
        return
    write_examples(find_pages())
    for write in WHOLE.values():
        write()
    path = HERE.parent / "model_specs" / f"{RESEARCH_MODEL}.lav"
    model = StudyModel(path.stem, path, read_spec(path), fit(path, engine="native"))
    for name, (_, figure) in draw_figures(model).items():
        write_text(HERE / f"{name}.svg", figure.to_svg())


def write_cli() -> None:
    """The reference of the command line."""
    write_text(HERE / "cli.md", build_page())


def write_tables() -> None:
    """The reference of the tables of a fit."""
    from tables import build_tables_page

    write_text(HERE / "reference" / "tables.md", build_tables_page())


def write_study() -> None:
    """What is done with the paper's tables, with the numbers that come out."""
    write_text(HERE / "study.md", build_manual(run_printed_study(HERE.parent / "data" / "published")))


WHOLE = {HERE / "cli.md": write_cli, HERE / "reference" / "tables.md": write_tables, HERE / "study.md": write_study}
"""Pages that are made whole, and what makes each."""


def write_examples(wanted: Iterable[Path]) -> None:
    """Run the examples of pages; outputs go into the pages, pictures into docs/pictures/."""
    from pages import PICTURES, run_page

    for page in wanted:
        with tempfile.TemporaryDirectory() as folder:
            run = run_page(page.read_text(encoding="utf-8"), Path(folder))
            write_text(page, run.text)
            for name, drawn in run.pictures.items():
                shutil.copy(drawn, PICTURES / name)


def build_page() -> str:
    """The page as Markdown: one section a command, with its help and a table of its options."""
    sections = [_build_section(name, load_command(name)) for name in COMMANDS]
    return "\n".join([HEAD, *sections, _build_options()])


def _build_options() -> str:
    """Every option of a fit by its name in an options file, the header of a spec and Python, and by its flag."""
    lines = ["## Options of a fit", "", "By name in an options file, in the header of a spec and in Python:", ""]
    lines += ["| option | flag | takes | meaning |", "| --- | --- | --- | --- |"]
    for option in OPTIONS.values():
        takes = ", ".join(option.choices) if option.choices else TAKES[option.kind]
        flag = ", ".join(f"`{name}`" for name in option.flag.split("/") if name)
        lines.append(f"| `{option.name}` | {flag} | {takes} | {option.help} |")
    return "\n".join([*lines, ""])


def _build_section(name: str, command: TyperCommand) -> str:
    arguments = [parameter for parameter in command.params if isinstance(parameter, TyperArgument)]
    usage = " ".join([f"sem-toolkit {name}", *(str(entry.metavar or entry.name) for entry in arguments)])
    lines = [f"## {name}", "", (command.help or "").strip(), "", f"    {usage} [OPTIONS]", ""]
    options = [parameter for parameter in command.params if isinstance(parameter, TyperOption)]
    shared = [option for option in options if option.rich_help_panel in PANELS.values()]
    own = [option for option in options if option not in shared]
    if own:
        lines += ["| option | meaning |", "| --- | --- |"]
        lines += [f"| {_format_flags(option)} | {option.help or ''} |" for option in own]
    if shared:
        lines += ["", _describe_shared({flag for option in shared for flag in option.opts})]
    return "\n".join([*lines, ""])


def _describe_shared(flags: set[str]) -> str:
    """Which options of a fit a command takes."""
    known = {option.flag.split("/")[0] for option in OPTIONS.values() if option.flag} | {"--options"}
    missing = sorted(known - flags)
    if not missing:
        return "And all [options of a fit](#options-of-a-fit) that have a flag."
    if len(missing) <= len(flags):
        return f"And the [options of a fit](#options-of-a-fit) but {', '.join(f'`{flag}`' for flag in missing)}."
    return f"And of the [options of a fit](#options-of-a-fit) {', '.join(f'`{flag}`' for flag in sorted(flags))}."


def _format_flags(option: TyperOption) -> str:
    return ", ".join(f"`{flag}`" for flag in [*option.opts, *option.secondary_opts])


if __name__ == "__main__":
    main()
