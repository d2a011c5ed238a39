"""TikZ: a complete document with everything escaped."""

import re
import shutil
import subprocess

import pytest

from sem_toolkit.diagram import DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.diagram.writers.tikz import OTHER_SCRIPTS, escape_tex
from sem_toolkit.spec.table import ParameterTable
from tests.diagram.drawing import draw_case, read_model


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b & 50% #1 {x}", r"a\_b \& 50\% \#1 \{x\}"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("$x^2$ ~", r"\$x\textasciicircum{}2\$ \textasciitilde{}"),
        ("η₁ −0.5", r"$\eta$\textsubscript{1} $-$0.5"),
        ("Φ₂ ≠ Ω, Α → ο", r"$\Phi$\textsubscript{2} $\neq$ $\Omega$, A $\rightarrow$ o"),
        ('<b>"q"', r"\textless{}b\textgreater{}\textquotedbl{}q\textquotedbl{}"),
    ],
)
def test_special_characters_are_literal(text, escaped):
    assert escape_tex(text) == escaped


@pytest.mark.parametrize("name", ["poldem_sem", "composite", "hs_meanstructure"])
def test_the_document_is_complete_and_its_braces_match(name):
    text = draw_case(name, intercepts=True, variances="ram").to_tikz()
    assert text.count(r"\begin{") == text.count(r"\end{") == 5
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    used = set(re.findall(r"\b(c[0-9a-f]{6})\b", text))
    assert used == set(re.findall(r"definecolor\{(c[0-9a-f]{6})\}", text))


def test_paths_start_and_end_relative_to_named_nodes():
    picture = draw_case("poldem_sem")
    text = picture.to_tikz()
    for node in picture.scene.nodes:
        assert f"({node.name}) at ({node.box.x:.2f},{picture.scene.height - node.box.y:.2f})" in text
    edge = next(edge for edge in picture.scene.edges if edge.key == "dem60 ~ ind60")
    source = next(node for node in picture.scene.nodes if node.name == "ind60")
    x, y = edge.curve[0][0] - source.box.x, source.box.y - edge.curve[0][1]
    assert f"([shift={{({x:.2f},{y:.2f})}}]ind60.center) -- " in text


def test_names_that_tikz_does_not_take_are_numbers():
    table, _, _ = read_model("hs_cfa_marker")
    rows = tuple(row._replace(rhs="x(1).a") if row.rhs == "x1" else row for row in table.parameters if row.op == "=~")
    text = draw_diagram(ParameterTable(rows)).to_tikz()
    assert "(x(1)" not in text
    assert re.search(r"\(variable \d+\) at", text)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_it_compiles(engine, tmp_path):
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    caption = "RMSEA = .05 and its interval at ninety percent " * 4 + "[.03, .07] " * 60
    table, estimates, r2 = read_model("composite")
    hints = DiagramHints(title="η₁ & 50 %", caption=caption, labels={"x1": "a_b^c~<d>"})
    picture = draw_diagram(table, estimates, DiagramStyle(variances="ram", intercepts=True), hints, r2)
    picture.write(tmp_path / "model.tex")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "model.tex"]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert outcome.returncode == 0, outcome.stdout.decode(errors="replace")[-2000:]


def test_no_line_begins_with_what_tex_reads_as_an_option_of_the_break_before_it():
    caption = "RMSEA = .05 and its interval at ninety percent " * 4 + "[.03, .07] " * 60
    table, _, _ = read_model("hs_cfa_marker")
    text = draw_diagram(table, hints=DiagramHints(caption=caption)).to_tikz()
    assert "[.03" in text
    assert r"\\[" not in text
    assert r"\\*" not in text


def test_other_scripts_ask_for_an_engine_that_knows_them():
    table, _, _ = read_model("hs_cfa_marker")
    plain, chinese = (draw_diagram(table, hints=DiagramHints(labels={"x1": label})) for label in ("x", "视觉"))
    assert plain.to_tikz().startswith(r"\documentclass")
    assert chinese.to_tikz().startswith("% !TeX program = lualatex")
    assert "add_fallback" not in plain.to_tikz()


@pytest.mark.slow
def test_other_scripts_come_from_the_fonts_that_are_there(tmp_path):
    if shutil.which("lualatex") is None:
        pytest.skip("lualatex is not installed")
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False, text=True).stdout
    if not any(font in fonts for font in OTHER_SCRIPTS):
        pytest.skip("no font for Chinese is installed")
    table, _, _ = read_model("hs_cfa_marker")
    # A title of nothing else is bold: that font has none of its characters.
    draw_diagram(table, hints=DiagramHints(title="视觉", labels={"x1": "视觉"})).write(tmp_path / "model.tex")
    command = ["lualatex", "-interaction=nonstopmode", "-halt-on-error", "model.tex"]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert outcome.returncode == 0, outcome.stdout.decode(errors="replace")[-2000:]
    assert "Missing character" not in (tmp_path / "model.log").read_text(errors="replace")


def test_every_number_of_the_picture_is_in_it():
    table, estimates, r2 = read_model("hs_cfa_marker")
    text = draw_diagram(table, estimates, DiagramStyle(theme="print"), r2=r2).to_tikz()
    assert text.count("{0.77}") == 1
    assert "0.42***" in text
