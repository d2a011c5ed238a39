"""What a header says about its picture."""

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import build_hints


def test_numbers_are_texts_and_single_lines_are_lists():
    hints = build_hints(
        {"title": 2024, "legend": 5, "labels": {"x1": 7}, "stages": {"One": "A, B"}, "order": ["B", "A"]}
    )
    assert (hints.title, hints.legend, hints.labels) == ("2024", ("5",), {"x1": "7"})
    assert (hints.stages, hints.order) == ({"One": ("A", "B")}, ("B", "A"))
    assert build_hints({"title": None, "legend": None, "stages": None, "order": None}) == build_hints({})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"stages": ["A"]}, '"stages" must be a mapping, from titles to names of variables'),
        ({"stages": {"One": 5}}, '"stages" must be a mapping, from titles to names of variables'),
        ({"stages": {"One": {"A": "B"}}}, '"stages" must be a mapping'),
        ({"labels": [1, 2]}, '"labels" must be a mapping, from names of variables to texts'),
        ({"labels": {"A": [1, 2]}}, '"labels" must be a mapping'),
        ({"order": 7}, '"order" must be a list of names'),
        ({"covariates": {"age": 1}}, '"covariates" must be a list of names'),
        ({"title": ["x"]}, '"title" must be a text'),
        ({"legend": {"a": 1}}, '"legend" must be a text or a list of texts'),
        ({"tilte": "x"}, '"tilte" is no diagram hint'),
    ],
)
def test_what_is_no_hint_is_named(mapping, message):
    with pytest.raises(DataError, match=message):
        build_hints(mapping)
