"""`sem-toolkit diagram`."""

import xml.etree.ElementTree as ET

import pytest

from tests.support import DATA, read_case

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


@pytest.fixture
def spec(write):
    return write("model.lav", CFA)


def read_texts(path):
    return ["".join(node.itertext()) for node in ET.parse(path).iter() if node.tag.endswith("text")]  # noqa: S314


def test_estimates_and_caption_are_drawn(command, spec, tmp_path):
    outcome = command("diagram", spec, "--data", DATA / "hs.csv", "-o", tmp_path / "a.svg", "--check")
    assert outcome.code == 0, outcome.err
    texts = read_texts(tmp_path / "a.svg")
    loading = next(row for row in read_case("hs_cfa_marker")["parameters"] if row["rhs"] == "x2")
    assert f"{loading['std_all']:.2f}***" in texts
    assert "n = 301" in " ".join(texts)


def test_without_data_the_model_is_drawn_alone(command, spec, tmp_path):
    assert command("diagram", spec, "-o", tmp_path / "a.svg").code == 0
    assert not any("***" in text for text in read_texts(tmp_path / "a.svg"))


def test_settings_may_be_typed(command, spec, tmp_path):
    arguments = ["--data", DATA / "hs.csv", "--values", "raw", "--significance", "none", "--only", "measurement"]
    assert command("diagram", spec, *arguments, "-o", tmp_path / "a.svg").code == 0
    loading = next(row for row in read_case("hs_cfa_marker")["parameters"] if row["rhs"] == "x2")
    assert f"{loading['est']:.2f}" in read_texts(tmp_path / "a.svg")


def test_positions_are_kept_on_request(command, spec, tmp_path):
    assert command("diagram", spec, "-o", tmp_path / "a.dot", "--keep-layout").code == 0
    layout = tmp_path / "model.layout.toml"
    assert '"visual" = [' in layout.read_text()
    moved = layout.read_text().splitlines()
    place = next(number for number, line in enumerate(moved) if line.startswith('"visual"'))
    moved[place] = '"visual" = [300.0, 500.0]'
    layout.write_text("\n".join(moved))
    before = (tmp_path / "a.dot").read_text()
    assert command("diagram", spec, "-o", tmp_path / "a.dot").code == 0
    assert (tmp_path / "a.dot").read_text() != before


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["-o", "a.jpg"], ".jpg"),
        (["-o", "missing/a.svg"], "missing/a.svg"),
        (["-o", "a.svg", "--theme", "gray"], "grey"),
        (["-o", "a.svg", "--data", str(DATA / "hs.csv"), "--draw-group", "2"], "no group 2"),
    ],
)
def test_bad_options_are_named_and_nothing_is_written(command, spec, tmp_path, monkeypatch, arguments, part):
    monkeypatch.chdir(tmp_path)
    outcome = command("diagram", spec, *arguments)
    assert outcome.code == 2
    assert part in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["model.lav"]
