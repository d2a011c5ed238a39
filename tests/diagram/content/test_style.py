"""Settings, style files, hints and their faults."""

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramHints, DiagramStyle, build_hints, draw_diagram, read_style
from sem_toolkit.diagram.content.style import THEMES
from tests.diagram.drawing import read_model


def test_a_style_file_changes_what_it_names(tmp_path):
    path = tmp_path / "style.toml"
    path.write_text('[diagram]\ntheme = "print"\ndigits = 3\n')
    style = read_style(path)
    assert (style.theme, style.digits, style.values) == ("print", 3, "standardized")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("thme = 'print'", r'"thme" is not a setting.*did you mean "theme"'),
        ("theme = 'prnt'", r'theme cannot be "prnt".*did you mean "print"'),
        ("digits = true", "digits cannot be True"),
        ("digits = 2.5", "digits cannot be 2.5"),
        ("font_size = 5", "font_size cannot be 5.*between 7 and 24"),
        ("intercepts = 'yes'", "intercepts cannot be 'yes'"),
        ("theme = ", "is not valid TOML"),
    ],
)
def test_faults_of_a_style_file_are_named(tmp_path, text, message):
    path = tmp_path / "style.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_style(path)


def test_a_missing_style_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no style file .*nowhere\.toml"):
        read_style(tmp_path / "nowhere.toml")


def test_every_text_can_be_read_on_its_ground_also_in_grey():
    """Contrast after WCAG 2: 4.5 or more for text and lines, 2.5 for lines that are meant to be faint."""
    for theme in THEMES.values():
        for ground in (theme.latent, theme.observed, theme.composite, *theme.bands, "#ffffff"):
            assert _compute_contrast(theme.text, ground) >= 4.5
            assert _compute_contrast("#5f5f5f", ground) >= 4.5
            assert _compute_contrast(theme.line, ground) >= 4.5
            assert _compute_contrast(theme.negative, ground) >= 4.5
            assert _compute_contrast(theme.faint, ground) >= 2.5


def _compute_contrast(one: str, other: str) -> float:
    light, dark = sorted((_compute_luminance(one), _compute_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _compute_luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_hints_from_a_header():
    hints = build_hints({"stages": {"one": ["a", "b"], "two": "c d"}, "labels": {"a": 1}, "legend": "x"}, title="t")
    assert hints.stages == {"one": ("a", "b"), "two": ("c", "d")}
    assert hints.labels == {"a": "1"}
    assert (hints.legend, hints.title) == (("x",), "t")


def test_unknown_hints_are_named():
    with pytest.raises(DataError, match=r'"stage" is no diagram hint.*did you mean "stages"'):
        build_hints({"stage": {}})
    with pytest.raises(DataError, match='"labels" must be a mapping'):
        build_hints({"labels": ["a"]})


def test_a_wrong_setting_is_refused_in_python_too():
    with pytest.raises(DataError, match="values cannot be"):
        DiagramStyle(values="standardised")


def test_a_stage_of_an_unknown_variable_is_named():
    table, _, _ = read_model("poldem_sem")
    with pytest.raises(DataError, match=r'the stage "old" names "ind6".*did you mean "ind60"'):
        draw_diagram(table, hints=DiagramHints(stages={"old": ("ind6",)}))
