"""Options that would do nothing are refused, and those that do something are not."""

import pytest

from sem_toolkit import OptionError, fit
from sem_toolkit.fit import check_model
from sem_toolkit.spec import parse_spec
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"
GROUPS = {"group": "school", "group_equal": "loadings,intercepts"}


def test_a_freed_parameter_that_was_held_equal_is_no_fault() -> None:
    tied = fit(CFA, DATA / "hs.csv", engine="native", **GROUPS)
    freed = fit(CFA, DATA / "hs.csv", engine="native", group_partial="visual =~ x2, x3~1", **GROUPS)
    assert freed.npar == tied.npar + 2
    assert fit(CFA, DATA / "hs.csv", engine="native", markers={"visual": "x2"}).npar == 13


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (GROUPS | {"group_partial": "nonsense"}, "no parameter 'nonsense'"),
        (GROUPS | {"group_partial": "visual=~x2,visual=~X3"}, 'did you mean "visual=~x3"'),
        (
            {"group": "school", "group_equal": "loadings", "group_partial": "x2~1"},
            "not held equal across groups",
        ),
        ({"group_partial": "visual=~x2"}, "nothing is held equal"),
        ({"group_equal": "loadings"}, "there is only one group"),
        ({"markers": {"vizual": "x1"}}, 'did you mean "visual"'),
        ({"markers": {"visual": "x4"}}, "has no indicator 'x4'"),
        ({"markers": {"visual": "x2"}, "std_lv": True}, "is not fixed at 1"),
        ({"parameterization": "theta"}, "ordered variables"),
        ({"estimator": "GLS", "likelihood": "normal"}, "about maximum likelihood"),
        ({"sample_nobs": 100}, "goes with covariances"),
        ({"sample_mean": {"names": ["x1"], "values": [1.0]}}, "goes with covariances"),
        ({"sample_cov": {"names": ["x1"], "matrix": [[1.0]]}, "sample_nobs": 9}, "data would be left unread"),
        ({"conditional_x": True}, "conditional_x"),
        ({"group": "school", "ngroups": 3}, "number of groups"),
    ],
)
def test_an_option_without_effect_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(OptionError, match=words) as fault:
        fit(CFA, DATA / "hs.csv", **options)
    assert {entry.code for entry in fault.value.diagnostics} == {"option-without-effect"}


def test_check_says_so_too() -> None:
    checked = check_model(parse_spec(CFA), DATA / "hs.csv", **GROUPS, group_partial="nonsense")
    assert "option-without-effect" in {entry.code for entry in checked.diagnostics}
