"""Several tests side by side."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.resampling.power.analysis import analyse_nested, analyse_population, analyse_rmsea
from sem_toolkit.resampling.power.satorra_saris import Setting
from sem_toolkit.resampling.simulation.sources import build_source, parse_path
from sem_toolkit.spec import parse_spec

FACTORS = "f1 =~ .8*a1 + .7*a2 + .6*a3\nf2 =~ .75*b1 + .7*b2 + .65*b3\nf1 ~~ .3*f2"


def build_setting(text, model=None):
    source = build_source(parse_spec(text), None if model is None else parse_spec(model), options={"call": "cfa"})
    return Setting(source.analysis, source.population, source.shares, source.options)


@pytest.mark.parametrize(("df", "close", "not_close"), [(10, 782, 750), (50, 214, 268), (100, 132, 178)])
def test_the_rows_that_are_needed_are_those_of_the_paper(df, close, not_close):
    # MacCallum, Browne & Sugawara (1996), table 4
    found = analyse_rmsea(df, (200,), lost=1).table
    assert found["n for power 0.8"].tolist()[1:] == [close, not_close]
    assert found["n for power 0.8"].dtype == "Int64"


def test_curves_pass_through_the_powers_of_the_table():
    found = analyse_rmsea(24, (77, 477))
    for entry in found.tests:
        own = found.curve[found.curve["test"] == entry.name]
        assert own["power"].is_monotonic_increasing
        assert np.interp(477, own["n"], own["power"]) == pytest.approx(entry.test.compute_power(477), abs=2e-3)
        assert own["n"].max() > 477


def test_covariances_of_factors_are_tested_where_there_are_no_paths():
    found = analyse_population(build_setting(FACTORS), (150,))
    assert found.table["test"].tolist() == ["f1 ~~ f2 = 0"]
    assert found.table["effect"].tolist() == [0.3]
    assert found.table["std.all"].tolist() == pytest.approx([0.3])


def test_a_model_that_does_not_hold_is_tested_against_the_saturated_one():
    setting = build_setting(FACTORS + "\na1 ~~ .2*b1", "f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3")
    found = analyse_population(setting, (150,), paths=[])
    assert found.tests[0].test.df == 8
    assert 0.0 < found.tests[0].effect == setting.fit().rmsea


def test_a_restricted_model_stands_against_both():
    null = parse_spec("f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3\nf1 ~~ 0*f2")
    found = analyse_population(build_setting(FACTORS), (150,), null=null)
    assert [entry.test.df for entry in found.tests] == [9, 1]
    assert found.tests[0].test.alternative == pytest.approx(found.tests[1].test.alternative, rel=1e-9)


def test_nothing_to_test_is_said():
    with pytest.raises(OptionError, match="nothing to test"):
        analyse_population(build_setting("f =~ .8*a1 + .7*a2 + .6*a3 + .5*a4"), (100,))


def test_ordered_variables_are_sent_to_simulation():
    setting = build_setting("f =~ .7*a + .6*b + .5*c\ny ~ .3*f\na | 0*t1")
    with pytest.raises(OptionError, match="a is ordered"):
        analyse_population(setting, (100,))


def test_the_record_has_what_the_table_has():
    found = analyse_nested((26, 24), (0.06, 0.05), (100, 200))
    record = found.to_dict(sensitivity=True)["tests"][0]
    assert [entry["power"] for entry in record["power"]] == found.table.iloc[0][
        ["power at n = 100", "power at n = 200"]
    ].tolist()
    assert [entry["n"] for entry in record["sensitivity"]] == [100, 200]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("y~x", ("y", "~", "x")),
        (" f =~ x1 ", ("f", "=~", "x1")),
        ("a ~~ b", ("a", "~~", "b")),
        ("y ~ 1", ("y", "~1", "")),
    ],
)
def test_parameters_are_read_as_typed(text, path):
    assert parse_path(text) == path


def test_what_is_no_parameter_is_refused():
    with pytest.raises(OptionError):
        parse_path("y + x")
