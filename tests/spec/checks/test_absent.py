"""A path between outcomes takes automatic covariances away: `check` and `fit` say which."""

import pytest

from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.checks.table import check_table


def _find(text: str, **options: object) -> list[str]:
    spec, chosen = parse_spec(text), TableOptions(call="sem", **options)
    found = check_table(build_parameter_table(spec, chosen), chosen)
    return [diagnostic.message for diagnostic in found if diagnostic.code == "no-automatic-covariance"]


def test_an_outcome_that_predicts_another_loses_its_covariance_with_the_rest() -> None:
    (message,) = _find("y1 ~ x\ny2 ~ x + y1\ny3 ~ x\ny4 ~ x")
    assert message.startswith('"y1" predicts "y2"')
    assert message.endswith(': "y3", "y4"')


@pytest.mark.parametrize(
    "text",
    [
        "y1 ~ x\ny2 ~ x\ny3 ~ x",
        "m ~ x\ny1 ~ m + x\ny2 ~ m + x",  # every outcome is reached
        "m1 ~ x\nm2 ~ x\ny ~ m1 + m2",  # the mediators both predict
        "y1 ~ x\ny2 ~ x + y1\ny3 ~ x\ny1 ~~ y3",  # typed
        "y1 ~ x\ny2 ~ x + y1\ny3 ~ x\ny1 ~~ 0*y3",
        "y1 ~ x\ny2 ~ x + y1\nz ~ y2\ny3 ~ z",  # reached by way of others
    ],
)
def test_nothing_is_said_where_nothing_is_lost(text: str) -> None:
    assert _find(text) == []


def test_where_the_rule_is_off_there_is_nothing_to_lose() -> None:
    assert _find("y1 ~ x\ny2 ~ x + y1\ny3 ~ x", auto_cov_y=False) == []
