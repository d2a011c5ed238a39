"""The public face: every kind of result shows itself, is copied and pickled, and its tables become files."""

import copy
import importlib
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sem_toolkit
from sem_toolkit import OptionError, SemError, SpecError, fit, parse_spec
from sem_toolkit.report.views import VIEWS

DATA = Path(__file__).parent / "oracles" / "data" / "hs.csv"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"
PATH = "textual ~ visual\n" + CFA

MAKERS: dict[str, Callable[[], Any]] = {
    "fit": lambda: fit(CFA, DATA, engine="native"),
    "comparison": lambda: sem_toolkit.compare({"free": CFA, "apart": CFA + "visual ~~ 0*textual"}, DATA),
    "bootstrap": lambda: sem_toolkit.bootstrap(CFA, DATA, draws=20, resample="bollen.stine"),
    "invariance": lambda: sem_toolkit.invariance(CFA, DATA, group="school", steps=["configural", "metric"]),
    "improvement": lambda: sem_toolkit.improve(CFA, DATA, steps=1),
    "atlas": lambda: sem_toolkit.atlas(PATH, DATA, most=1, families=["structure"]),
    "equivalents": lambda: sem_toolkit.equivalents(PATH, DATA, limit=2),
    "exploration": lambda: sem_toolkit.explore_factors(DATA, [1, 2], [f"x{i}" for i in range(1, 7)], draws=20),
    "check": lambda: sem_toolkit.check(CFA + "visual ~ txtual", DATA),
}
MAIN = {
    "fit": ("parameters", "est"), "comparison": ("models", "bic"), "bootstrap": ("quantities", "ci.lower"),
    "invariance": ("steps", "chisq"), "improvement": ("steps", "chisq"), "atlas": ("models", "bic"),
    "equivalents": ("equivalents", "changes"),
    "exploration": ("numbers", "bic"), "check": ("parameters", "lhs"),
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return {}


@pytest.fixture(params=list(MAKERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def result(kind: str, made: dict[str, Any]) -> Any:
    if kind not in made:
        made[kind] = MAKERS[kind]()
    return made[kind]


def test_a_result_shows_itself(kind: str, result: Any) -> None:
    text = result.summary()
    assert str(result) == text
    assert all(len(line) <= 120 for line in text.splitlines())
    page = result._repr_html_()
    assert page.startswith("<div>")
    assert page.count("<table") >= 1
    assert repr(result).startswith(f"<{type(result).__name__} of ")
    assert "\n" not in repr(result)


def test_the_main_table_is_there_in_every_format(kind: str, result: Any, tmp_path: Path) -> None:
    name, column = MAIN[kind]
    assert result.tables[0] == name
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert column in frame.columns
    pd.testing.assert_frame_equal(frame, result.to_frame(name))
    assert result.to_markdown().count("|") > 4
    assert "\\begin{tabular}" in result.to_latex()
    assert "<table" in result.to_html()
    assert result.to_word(tmp_path / "main").read_bytes()[:2] == b"PK"
    assert result.write(tmp_path / "main.csv").read_text(encoding="utf-8-sig").count("\n") >= len(frame)
    with pytest.raises(OptionError, match="there is no table"):
        result.to_frame("parametres of something")


def _read_page() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Result → the function that makes it, and its tables, as docs/reference/python.md has them."""
    page = (Path(__file__).parents[1] / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([\w.]+)` \| (.*) \|$", page, re.MULTILINE)
    return {name: (maker, tuple(re.findall(r"`(\w+)`", tables))) for name, maker, tables in rows}


def test_the_page_names_every_result_and_who_makes_it() -> None:
    page = _read_page()
    assert set(page) == set(VIEWS)
    for maker, _ in page.values():
        module, _, name = (maker if "." in maker else f"sem_toolkit.{maker}").rpartition(".")
        assert callable(getattr(importlib.import_module(module), name)), maker


def test_the_page_names_the_tables(kind: str, result: Any) -> None:
    listed = _read_page()[type(result).__name__][1]
    assert result.tables[: len(listed)] == listed
    assert kind == "fit" or len(result.tables) == len(listed)


def test_a_diagram_has_tables(made: dict[str, Any]) -> None:
    picture = sem_toolkit.diagram(made.get("fit") or MAKERS["fit"]())
    assert picture.tables == _read_page()["Diagram"][1]
    paths = picture.to_frame().set_index("path")
    assert paths.loc["visual =~ x2", ["from", "to", "role"]].tolist() == ["visual", "x2", "loading"]
    assert paths.loc["visual =~ x2", "std.all"] == pytest.approx(0.424, abs=0.2)
    places = picture.to_frame("variables").set_index("variable")
    assert (places.loc["x1", "x"], places.loc["x1", "y"]) == picture.layout().positions["x1"]
    assert "variables" in picture.summary().splitlines()[0]
    assert "visual =~ x2" in picture.to_markdown()
    assert repr(picture).startswith("<Diagram of ")


def test_a_result_is_copied_and_pickled(kind: str, result: Any) -> None:
    for twin in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):  # noqa: S301 (our own)
        pd.testing.assert_frame_equal(twin.to_frame(), result.to_frame())
        assert twin.summary() == result.summary()


def test_a_fit_prints_its_estimates_as_lavaan_names_them(made: dict[str, Any]) -> None:
    own = made.get("fit") or MAKERS["fit"]()
    rows = own.to_frame().set_index(["lhs", "op", "rhs"])
    assert rows.loc[("visual", "=~", "x1"), "est"] == 1.0
    pd.testing.assert_frame_equal(own.to_frame("modificationIndices"), own.to_frame("mi"))
    with pytest.raises(OptionError, match="did you mean"):
        own.to_frame("parametrs")


def test_errors_show_the_place_and_are_caught_by_their_class() -> None:
    text = "f =~ x1 + x2 +\ng ~~ f ~ x3"
    with pytest.raises(SpecError) as caught:
        fit(text, DATA)
    fault = caught.value
    assert isinstance(fault, SemError)
    assert "^" in fault.explain()
    assert "^" in fault._repr_html_()
    assert fault._render_traceback_()[0] == "SpecError:"
    assert "^" in parse_spec(text)._repr_html_()
    twin = pickle.loads(pickle.dumps(fault))  # noqa: S301 (our own)
    assert twin.explain() == fault.explain()


def test_a_text_in_html_is_escaped() -> None:
    assert "<b>" not in parse_spec("f =~ x1 + x2\n# <b>bold</b>")._repr_html_()


def test_a_diagram_of_a_spec_and_of_a_fit(made: dict[str, Any]) -> None:
    own = made.get("fit") or MAKERS["fit"]()
    with_estimates, without = sem_toolkit.diagram(own), sem_toolkit.diagram(CFA)
    loading = own.to_frame().set_index(["lhs", "op", "rhs"]).loc[("visual", "=~", "x2"), "std.all"]
    assert f"{loading:.2f}".lstrip("0") in with_estimates._repr_svg_()
    assert without._repr_svg_().startswith("<")
    with pytest.raises(OptionError, match="would do nothing"):
        sem_toolkit.diagram(own, std_lv=True)
    with pytest.raises(OptionError, match="would do nothing"):
        sem_toolkit.diagram(CFA, misfit=True)


def test_a_picture_of_a_fit_in_groups_has_all_of_them() -> None:
    grouped = fit(CFA, DATA, group="school", engine="native")
    together, first = sem_toolkit.diagram(grouped), sem_toolkit.diagram(grouped, group=1)
    assert all(f"{group.label} (n = {group.n})" in together.to_svg() for group in grouped.sample.groups)
    assert len(together.scene.nodes) == 2 * len(first.scene.nodes)
    alone = sem_toolkit.diagram(grouped, misfit=True)
    assert [message.code for message in alone.messages] == ["one-group-drawn"]
    for number in (0, 3, "Pasteur"):
        with pytest.raises(OptionError, match="there is no group"):
            sem_toolkit.diagram(grouped, group=number)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="the model has 1"):
        sem_toolkit.diagram(CFA, group=2)


def _read_polars(frame: pd.DataFrame) -> object:
    return pytest.importorskip("polars").from_pandas(frame)


def _read_arrow(frame: pd.DataFrame) -> object:
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame.to_dict("list"), lambda frame: {name: frame[name].to_numpy() for name in frame},
        _read_polars, _read_arrow,
    ],
    ids=["lists", "arrays", "polars", "arrow"],
)  # fmt: skip
def test_rows_of_every_kind_give_the_same(convert: Callable[[pd.DataFrame], object]) -> None:
    frame = pd.read_csv(DATA)[[f"x{i}" for i in range(1, 7)]]
    expected = fit(CFA, frame, engine="native").to_frame()
    pd.testing.assert_frame_equal(fit(CFA, convert(frame), engine="native").to_frame(), expected)


def test_an_array_is_taken_or_told() -> None:
    frame = pd.read_csv(DATA)[["x1", "x2", "x3"]]
    with pytest.raises(SemError) as caught:
        fit("visual =~ x1 + x2 + x3", frame.to_numpy())
    assert caught.value.diagnostics[0].hint


def test_what_is_no_spec_is_said_to_be_none() -> None:
    with pytest.raises(SemError, match="of type int"):
        fit(42, {"x": [1.0]})  # type: ignore[arg-type]


def test_a_spec_shows_itself_in_one_line_and_prints_its_text() -> None:
    spec = parse_spec("y ~ x\ny ~ = z\n", "own.lav")
    assert repr(spec) == f"<Spec of 'own.lav': {len(spec.statements)} statements, {len(spec.errors)} errors>"
    assert str(spec) == spec.text == "y ~ x\ny ~ = z\n"
