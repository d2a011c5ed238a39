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


def test_levels_without_data_stand_beside_each_other(command, write, tmp_path):
    text = "level: 1\nfw =~ y1 + y2 + y3\nfw ~ x\nlevel: 2\nfb =~ y1 + y2 + y3\nfb ~ w\n"
    levels = write("levels.lav", text)
    assert command("diagram", levels, "-o", tmp_path / "a.svg", "--check").code == 0
    texts = read_texts(tmp_path / "a.svg")
    assert {"within", "between"} <= set(texts)
    assert texts.count("y1") == 2
    assert command("diagram", levels, "-o", tmp_path / "b.svg", "--draw-group", "2").code == 0
    texts = read_texts(tmp_path / "b.svg")
    assert ("fb" in texts, "fw" in texts, texts.count("y1")) == (True, False, 1)
    assert command("diagram", levels, "-o", tmp_path / "c.svg", "--draw-group", "3").code == 2


def test_a_format_that_cannot_be_written_is_refused_before_anything_is_read(command, spec, tmp_path):
    outcome = command("diagram", spec, "--data", tmp_path / "missing.csv", "-o", tmp_path / "a.exe")
    assert outcome.code == 2
    assert 'error[unknown-format]: ".exe" is no format for a diagram' in outcome.err
    assert "missing.csv" not in outcome.err


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


def test_places_of_variables_that_are_gone_are_said_and_passed_over(command, spec, tmp_path):
    layout = tmp_path / "model.layout.toml"
    layout.write_text('[positions]\n"gone" = [10.0, 10.0]\n\n[sides]\n"visual" = "left"  # by hand\n')
    outcome = command("diagram", spec, "-o", tmp_path / "a.svg")
    assert outcome.code == 0
    assert 'the layout places "gone", which the model does not have' in outcome.err
    assert command("diagram", spec, "-o", tmp_path / "a.svg", "--keep-layout").code == 0
    assert "gone" not in layout.read_text()
    assert '"visual" = "left"  # by hand' in layout.read_text(), "pins stay"
    assert "gone" not in command("diagram", spec, "-o", tmp_path / "a.svg").err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["-o", "a.jpg"], ".jpg"),
        (["-o", "a.svg", "--draw-group", "2"], "there is no group 2: the model has 1"),
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


SMALLER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5\nspeed =~ x7 + x8 + x9\n"


def test_an_overlay_of_two_specs(command, spec, write, tmp_path):
    other = write("other.lav", SMALLER + "x7 ~~ x8\n")
    arguments = ["--data", DATA / "hs.csv", "--overlay", "-o", tmp_path / "a.svg", "--check"]
    outcome = command("diagram", spec, other, *arguments)
    assert outcome.code == 0, outcome.err
    texts = read_texts(tmp_path / "a.svg")
    assert {"from model to other", "added", "dropped"} <= set(texts)
    colours = {
        group.get("data-path"): path.get("stroke")
        for group in ET.parse(tmp_path / "a.svg").iter()  # noqa: S314
        for path in group.iter()
        if group.get("data-path") and path.tag.endswith("path")
    }
    assert colours["textual =~ x6"] == "#d55e00"
    assert colours["x7 ~~ x8"] == "#009e73"


def test_two_groups_side_by_side_and_as_an_overlay(command, spec, tmp_path):
    arguments = ["--data", DATA / "hs.csv", "--group", "school", "--check", "-o", tmp_path / "a.svg"]
    for flag in ("--side-by-side", "--overlay"):
        outcome = command("diagram", spec, *arguments, flag)
        assert outcome.code == 0, outcome.err
        texts = read_texts(tmp_path / "a.svg")
        groups = ("Pasteur", "Grant-White")
        assert all(any(group in text for text in texts) for group in groups)


def test_specs_without_data_side_by_side(command, spec, write, tmp_path):
    other = write("other.lav", SMALLER)
    assert command("diagram", spec, other, "--side-by-side", "-o", tmp_path / "a.svg").code == 0
    texts = read_texts(tmp_path / "a.svg")
    assert (texts.count("x5"), texts.count("x6")) == (2, 1)


@pytest.mark.parametrize(
    ("specs", "arguments", "part"),
    [
        (2, [], "--overlay or --side-by-side"),
        (2, ["--overlay", "--side-by-side"], "exclude each other"),
        (1, ["--overlay"], "overlay needs two models or groups, not 1"),
        (3, ["--overlay"], "not 3"),
        (2, ["--overlay", "--keep-layout"], "positions of one model"),
    ],
)
def test_comparisons_that_are_none_are_refused(command, write, tmp_path, specs, arguments, part):
    paths = [write(f"m{number}.lav", CFA) for number in range(specs)]
    outcome = command("diagram", *paths, *arguments, "-o", tmp_path / "a.svg")
    assert outcome.code == 2
    assert part in outcome.err
    assert not (tmp_path / "a.svg").exists()


def test_a_picture_like_an_earlier_one(command, spec, write, tmp_path):
    assert command("diagram", spec, "--data", DATA / "hs.csv", "-o", tmp_path / "a.svg").code == 0
    more = write("more.lav", SMALLER + "x1 ~~ x4\n")
    arguments = ["--data", DATA / "hs.csv", "--check", "-o", tmp_path / "b.svg"]
    assert command("diagram", more, *arguments, "--like", tmp_path / "a.svg").code == 0
    outcome = command("diagram", more, *arguments, "--like", more)
    assert outcome.code == 2
    assert "is no SVG" in outcome.err


def test_too_narrow_a_column_is_said_and_fails_only_a_check(command, write, tmp_path):
    long = write("long.lav", "f =~ " + " + ".join(f"x{k}{'y' * 120}" for k in range(3)) + "\n")
    arguments = ["--column", "single", "-o", tmp_path / "a.svg"]
    for extra, code in (([], 0), (["--check"], 1)):
        outcome = command("diagram", long, *arguments, *extra)
        assert outcome.code == code
        assert "the column has 85 mm" in outcome.err


def test_positions_that_collide_are_said(command, write, tmp_path):
    pinned = write("pinned.lav", SMALLER)
    pinned.with_name("pinned.layout.toml").write_text("[positions]\nvisual = [50, 50]\ntextual = [52, 51]\n")
    outcome = command("diagram", pinned, "-o", tmp_path / "a.svg")
    assert outcome.code == 0
    assert "lies on" in outcome.err
    assert "move one of them in pinned.layout.toml" in outcome.err


def find_heights(path):
    """Variable → the vertical middle of its ellipse."""
    return {
        group.get("data-variable"): float(shape.get("cy"))
        for group in ET.parse(path).iter()  # noqa: S314
        if group.get("data-variable")
        for shape in group
        if shape.tag.endswith("ellipse")
    }


def test_order_direction_and_hidden_covariates(command, write, tmp_path):
    spec = write("model.lav", CFA + "textual ~ visual + sex\nspeed ~ textual\n")
    picture = tmp_path / "a.svg"
    arguments = ["--hide", "covariates", "--direction", "down", "-o", picture]
    assert command("diagram", spec, "--schematic", *arguments).code == 0
    heights = find_heights(picture)
    assert heights["visual"] < heights["textual"] < heights["speed"]
    assert "covariates, not drawn: sex" in read_texts(picture)
    spec = write("model.lav", CFA)
    assert command("diagram", spec, "--schematic", "--order", "speed,visual", "-o", picture).code == 0
    heights = find_heights(picture)
    assert heights["speed"] < heights["visual"]
    outcome = command("diagram", spec, "--schematic", "--hide", "loadings", "-o", picture)
    assert (outcome.code, "cannot be hidden" in outcome.err) == (2, True)


def test_intervals_of_standardised_values(command, spec, write, tmp_path):
    style = write("style.toml", 'significance = "interval"\n')
    outcome = command("diagram", spec, "--data", DATA / "hs.csv", "--style", style, "-o", tmp_path / "a.svg")
    assert outcome.code == 0, outcome.err
    row = next(row for row in read_case("hs_cfa_marker")["standardized"] if row["rhs"] == "x2")
    low, high = row["ci_lower"], row["ci_upper"]
    assert f"{row['est_std']:.2f} [{low:.2f}, {high:.2f}]" in read_texts(tmp_path / "a.svg")
