"""docs/agreement.md says what a fresh comparison with the reference cases says."""

import json

import pytest

from docs.agreement import KINDS, PAGE, Agreement, compare_case, format_distance, list_cases, read_speed

TEXT = PAGE.read_text(encoding="utf-8")


def read_row(feature: str) -> list[str]:
    """The cells of a feature on the page: cases, numbers, and the worst difference of each kind."""
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {feature} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


@pytest.mark.parametrize("feature", ["Moments instead of rows", "Growth curves", "Path models"])
def test_a_feature_agrees_as_the_page_says(feature: str) -> None:
    found = Agreement()
    for own, path in list_cases():
        if own == feature:
            found.join(compare_case(json.loads(path.read_text(encoding="utf-8")), path.stem))
    cases, numbers, *worst = read_row(feature)
    assert (cases, numbers) == (str(found.cases), f"{found.counted:,}")
    for kind, shown in zip(KINDS, worst, strict=True):
        # the last bits of an optimum differ between machines
        assert float(shown) == pytest.approx(found.worst[kind], rel=1.2, abs=1e-8), kind
        assert found.worst[kind] < 1e-4


def test_every_reference_case_is_on_the_page() -> None:
    assert f"{sum(int(read_row(feature)[0]) for feature in dict(list_cases()))} fits" in TEXT
    assert "not known" not in TEXT


def test_a_difference_is_noticed() -> None:
    own = Agreement()
    own.add("estimates", "a", 1.00001, 1.0)
    own.add("estimates", "b", 1.01, 1.0)
    own.add("estimates", "c", None, 1.0)
    assert own.worst["estimates"] == pytest.approx(1e-5)
    assert [where for _, where, _ in own.apart] == ["b", "c"]


def test_distances_are_rounded_up() -> None:
    assert [format_distance(value) for value in (2e-5, 2.01e-5, 9.9e-6, 1e-13, None)] == [
        "2e-5", "3e-5", "1e-5", "< 1e-12", "–",
    ]  # fmt: skip


def test_the_speed_table_is_that_of_the_benchmarks() -> None:
    assert "\n".join(read_speed()) in TEXT
