"""Options that do not go together are refused, each with what is wrong with it."""

import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.fit.options import parse_fit_options

REFUSED = [
    ({"aux": "x"}, "aux-without-missing"),
    ({"missing": "pairwise", "estimator": "MLR"}, "missing-estimator"),
    ({"missing": "pairwise", "information": "first.order"}, "missing-estimator"),
    ({"missing": "ml", "estimator": "GLS"}, "missing-estimator"),
    ({"missing": "ml", "likelihood": "wishart"}, "missing-estimator"),
    ({"missing": "ml", "test": "satorra.bentler"}, "missing-test"),
    ({"missing": "ml", "test": "yuan.bentler", "conditional_x": True}, "missing-test"),
    ({"missing": "ml", "meanstructure": False}, "no-means"),
    ({"missing": "two.stage", "estimator": "MLR"}, "missing-estimator"),
    ({"missing": "two.stage", "se": "standard"}, "missing-estimator"),
    ({"cluster": "g", "estimator": "ULS"}, "cluster-estimator"),
    ({"cluster": "g", "missing": "two.stage"}, "cluster-estimator"),
    ({"sampling_weights": "w", "likelihood": "wishart"}, "cluster-estimator"),
    ({"sam_method": "local", "ordered": "x1", "estimator": "IV"}, "steps-estimator"),
    ({"sam_method": "local", "sampling_weights": "w"}, "steps-data"),
    ({"conditional_x": True, "likelihood": "wishart"}, "conditional-x"),
    ({"conditional_x": True, "estimator": "GLS"}, "conditional-x"),
    ({"conditional_x": True, "fixed_x": False}, "conditional-x"),
    ({"conditional_x": True, "test": "satorra.bentler"}, "conditional-x"),
    ({"estimator": "IV", "se": "robust.huber.white"}, "instruments-se"),
    ({"estimator": "IV", "engine": "semopy"}, "instruments-engine"),
    ({"ordered": "x1", "estimator": "ML"}, "estimator-for-ordered"),
    ({"ordered": "x1", "missing": "ml"}, "missing-estimator"),
    ({"ordered": "x1", "se": "robust.sem.nt"}, "se-for-ordered"),
    ({"ordered": "x1", "test": "browne.residual.nt"}, "test-for-ordered"),
    ({"ordered": "x1", "fixed_x": False}, "conditional-x"),
    ({"estimator": "WLSMV"}, "estimator-for-ordered"),
]


@pytest.mark.parametrize(("options", "code"), REFUSED, ids=[str(options) for options, _ in REFUSED])
def test_a_combination_is_refused_by_its_code(options: dict[str, object], code: str) -> None:
    with pytest.raises(OptionError) as refused:
        parse_fit_options(options)
    assert code in {entry.code for entry in refused.value.diagnostics}


@pytest.mark.parametrize(
    "options",
    [
        {"missing": "ml", "estimator": "MLR"},
        {"missing": "robust.two.stage"},
        {"cluster": "g", "estimator": "MLR"},
        {"conditional_x": True, "missing": "ml"},
        {"conditional_x": True, "cluster": "g", "sampling_weights": "w"},
        {"missing": "ml", "test": "yuan.bentler", "cluster": "g"},
        {"ordered": "x1", "missing": "pairwise"},
        {"ordered": "x1", "sam_method": "local"},
        {"estimator": "WLSMV", "ordered": False},
    ],
    ids=str,
)
def test_what_goes_together_is_taken(options: dict[str, object]) -> None:
    parse_fit_options(options)
