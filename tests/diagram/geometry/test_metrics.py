"""Where names break."""

import pytest

from sem_toolkit.diagram.geometry.metrics import wrap_text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("job_satisfaction", ("job_", "satisfaction")),
        ("perceivedEase", ("perceived", "Ease")),
        ("work family conflict", ("work family", "conflict")),
        ("self-efficacy beliefs", ("self-efficacy", "beliefs")),
        ("job.satisfaction", ("job.", "satisfaction")),
        ("satisfaction.item.12", ("satisfaction.", "item.12")),
        ("significance 0.05", ("significance", "0.05")),
        ("WOM", ("WOM",)),
        ("R2D2", ("R2D2",)),
    ],
)
def test_names_break_at_spaces_hyphens_underscores_and_capitals(text, lines):
    assert wrap_text(text, 58.0, 8.0) == lines
