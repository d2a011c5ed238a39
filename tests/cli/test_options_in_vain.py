"""Every option of every command changes something, or is refused: what is printed, what is written, or how it ends."""

import re
import shutil

import pytest

from sem_toolkit.cli.commands import COMMANDS
from sem_toolkit.report.tables import TABLES
from tests.support import DATA

SPECS = {
    "two.lav": "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n",
    "path.lav": "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual\nx4 ~~ x5\n",
    "one.lav": "f =~ x1 + x2 + x3 + x4 + x5 + x6\n",
    "loose.lav": "f=~x1+x2+x3\n",
    "waves.lav": "first =~ x1 + x2 + x3\nsecond =~ x4 + x5 + x6\n",
    "population.lav": "f =~ .8*a + .7*b + .6*c\ng =~ .8*d + .7*e + .6*h\ng ~ .3*f\n",
    "restricted.lav": "f =~ a + b + c\ng =~ d + e + h\ng ~ 0*f\n",
    "style.toml": "theme = 'grey'\n",
}
ROWS = ("--data", "hs.csv", "--engine", "native")
BASES = {
    "diff": ("one.lav", "two.lav"),
    "check": ("path.lav",),
    "fmt": ("loose.lav",),
    "compare": ("two.lav", "path.lav", *ROWS),
    "diagram": ("path.lav", "-o", "out.svg", *ROWS),
    "invariance": ("two.lav", *ROWS, "--group", "school"),
    "bootstrap": ("two.lav", *ROWS, "--draws", "12"),
    "simulate": ("population.lav", "--n", "80", "--replications", "3"),
    "power": ("population.lav", "--n", "100"),
    "power simulated": ("population.lav", "--n", "60", "--replications", "30"),
    "power of a fit": ("--df", "10", "--rmsea", "0.05", "--n", "100"),
    "cutoffs": ("population.lav", "--n", "80", "--replications", "3", "--workers", "1", "--json"),
    "atlas": ("two.lav", *ROWS, "--most", "0", "--workers", "1"),
    "equivalents": ("path.lav",),
    "improve": ("two.lav", *ROWS, "--steps", "1", "--workers", "1"),
    "efa": ("x1", "x2", "x3", "x4", "x5", "x6", "--data", "hs.csv", "--factors", "1"),
    "data": ("hs.csv",),
    "scores": ("two.lav", *ROWS),
    **{f"fit {name}": ("path.lav", *ROWS, "--table", name) for name in TABLES},
}
OWN = {
    "diff": ["--json", "--std-lv", "--estimator WLSMV --ordered x1", "--call growth", "--meanstructure"],
    "check": ["--json", "--explain", "--data hs.csv --group school", "--std-lv", "--meanstructure", "--bounds pos.var",
              "--estimator WLSMV --ordered x1"],
    "fmt": ["--check", "--diff"],
    "compare": ["--json", "--plot p.svg", "--report r.md", "--receipt r.json", "--level 0.8 --plot p.svg"],
    "diagram": [
        "--style style.toml", "--theme print", "--values raw", "--significance p", "--variances ram",
        "--only structural", "--column single", "--layout dot", "--misfit", "--schematic", "--keep-layout",
        "--group school", "--group school --draw-group Pasteur", "--std-lv --values raw", "--level 0.8",
        "--level 0.8 --significance interval",
    ],
    "invariance": [
        "--steps configural,metric", "--release x2~1", "--write steps", "--plot p.svg", "--json", "--receipt r.json",
        "--estimator MLR", "--group-partial visual=~x2", "--std-lv --json", "--identification wu",
        "--level 0.8", "--se robust.sem",
    ],
    "bootstrap": [
        "--draws 13", "--resample parametric", "--interval basic", "--seed 2", "--standardized", "--r2", "--json",
        "--store kept", "-o out.csv", "--plot p.svg", "--level 0.8", "--se robust.sem", "--test satorra.bentler",
        "--information observed", "--bootstrap 50", "--measures --test satorra.bentler",
    ],
    "simulate": [
        "--n 90", "--replications 4", "--seed 2", "--alpha 0.2 --json", "--model restricted.lav", "--group-shares 1,2",
        "--skewness 1 --kurtosis 3", "--missing-rule a~0.2 --missing ml", "--store kept", "--draw rows.csv", "--json",
        "--find-n g~f --target 0.9", "--estimates", "--target 0.7", "--generator independent",
        "--clusters 8", "--icc 0.2", "--se robust", "--test satorra.bentler", "--information observed", "--level 0.8",
    ],
    "power": [
        "--n 120", "--target 0.9 --json", "--alpha 0.01", "--path f=~b", "--null restricted.lav",
        "--model restricted.lav", "--group-shares 1,2", "--df 5", "--rmsea 0.03", "--rmsea0 0.01", "--groups 2",
        "--replications 5", "--seed 3", "--sensitivity", "--plot p.svg", "--json", "--data hs.csv", "--estimates",
        "--replications 5 --se robust", "--se robust", "--test none", "--information observed", "--level 0.8",
    ],
    "power simulated": ["--se none", "--test satorra.bentler", "--estimator MLR", "--level 0.8"],
    "power of a fit": ["--likelihood wishart", "--std-lv", "--se robust", "--estimator MLR", "--group school"],
    "cutoffs": [
        "--n 90", "--kind dynamic", "--mad 0.1", "--replications 4", "--seed 2", "--write specs",
        "--data hs.csv", "--level 0.8",
    ],
    "atlas": ["--only structure", "--least-index 0.01 --most 1", "--write rivals", "--json",
              "--receipt r.json", "--plot rivals.svg"],
    "equivalents": [
        "--limit 1", "--only measurement", "--write members", "--json", "--data hs.csv", "--level 0.8", "--se robust",
        "--data hs.csv --estimator MLR", "--engine native", "--sheet one",
    ],
    "improve": [
        "--steps 2", "--least-index 50", "--allow loadings", "--share 0.7", "--folds 2", "--seed 3", "--write steps",
        "--json", "--receipt r.json", "--folds 2 --share 0.4", "--level 0.8", "--se robust.sem",
    ],
    "efa": ["--factors 2", "--show loadings", "--least 0.6", "--draws 30", "--write specs", "-o out.csv", "--json",
            "--rotation varimax --factors 2", "--level 0.8", "--estimator MLR"],
    "scores": ["--level 0.8", "--se robust.sem", "--test satorra.bentler", "--method bartlett", "--json"],
    **{f"fit {name}": ["--level 0.8", "--test satorra.bentler", "--json",
                       *([] if name in ("fit_measures", "tests") else ["--se robust.sem"])]  # of IV's these are made of
       for name in TABLES},
    "data": ["x1 x2", "--sent 400", "--sent 400 --returned 350", "--sheet one", "--missing-codes 1", "-o page.html",
             "--json"],
}  # fmt: skip
SLOW = {"compare", "invariance", "bootstrap", "cutoffs", "atlas", "improve", "efa", "simulate", "diagram"}


def takes_long(name: str, words: str) -> bool:
    """Whether fits are made by the dozen."""
    return name in SLOW or (name == "equivalents" and "--data" in words)


CASES = [
    pytest.param(name, words, marks=pytest.mark.slow if takes_long(name, words) else (), id=f"{name} {words}")
    for name, entries in OWN.items()
    for words in entries
]


@pytest.fixture
def outcome(command, write, tmp_path, monkeypatch):
    """Run a command in a folder of its own: how it ended, and all that it printed and wrote, without times."""
    monkeypatch.chdir(tmp_path)

    def call(name: str, words: str) -> tuple[int, str]:
        for path in tmp_path.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
        for file, text in SPECS.items():
            write(file, text)
        (tmp_path / "hs.csv").write_bytes((DATA / "hs.csv").read_bytes())
        given = {*SPECS, "hs.csv"} - {"loose.lav"}
        ended = command(name.split()[0], *BASES[name], *words.split())
        files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and path.name not in given]
        written = "".join(f"{path.name}\n{path.read_bytes()!r}" for path in files)
        return ended.code, re.sub(r"\d+\.\d+ s\b", "", ended.out + ended.err + written)

    return call


@pytest.fixture(scope="module")
def plain() -> dict[str, tuple[int, str]]:
    """Outcomes without any option, by command: each is the same for all options of its command."""
    return {}


@pytest.mark.parametrize(("name", "words"), CASES)
def test_an_option_changes_something_or_is_refused(outcome, plain, name, words) -> None:
    code, shown = outcome(name, words)
    assert code in (0, 1, 2)
    if code != 2:
        if name not in plain:
            plain[name] = outcome(name, "")
        assert (code, shown) != plain[name]


FLAGS_OF_A_FIT = {
    "diff": "--level 0.9",
    "check": "--sheet one",
    "power": "--se robust",
    "power of a fit": "--std-lv",
    "equivalents": "--test none",
    "bootstrap": "--se robust.sem",
}


@pytest.mark.parametrize(("name", "words"), FLAGS_OF_A_FIT.items())
def test_what_a_command_does_not_look_at_is_refused_with_the_reason(command, write, tmp_path, name, words) -> None:
    given = [write(word, SPECS[word]) if word in SPECS else word for word in BASES[name]]
    ended = command(name.split()[0], *given, *words.split())
    assert ended.code == 2
    assert f"{words.split()[0]} would do nothing: " in ended.err


def test_an_options_file_may_say_more_than_a_command_needs(command, write) -> None:
    options = write("options.json", '{"level": 0.9, "std_lv": true}')
    specs = [write(name, SPECS[name]) for name in BASES["diff"]]
    assert command("diff", *specs, "--options", options).code == 0


def test_every_command_with_options_of_a_fit_is_looked_at() -> None:
    assert {name.split()[0] for name in BASES} <= set(COMMANDS)
    assert set(OWN) == set(BASES)
