"""Every option is declared once, and every declaration is of an option that a layer reads."""

from dataclasses import fields

import pytest

from sem_toolkit.cli.options import FIT_OPTIONS
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.spec import TableOptions


def test_the_declarations_are_those_of_the_layers() -> None:
    own = {entry.name for entry in fields(FitOptions)} - {"table", "estimation", "inference", "given"}
    kinds = (TableOptions, EstimationOptions, InstrumentOptions, StepOptions)
    read = {entry.name for kind in kinds for entry in fields(kind)} | own | {"rotation_args", "rotation_se"}
    # These follow from se, ordered and the spec.
    read -= {"normal_weights", "categorical", "has_levels", "all_ordered", "random_slopes"}
    read -= {"instruments", "steps"}  # have options of their own
    assert set(OPTIONS) == read | {"se", "test", "information", "observed_information"}
    assert {name for name, option in OPTIONS.items() if option.layer == "table"} == {
        entry.name for entry in fields(TableOptions)
    }


def test_every_flag_is_its_option_with_dashes() -> None:
    for name, option in OPTIONS.items():
        called = {"sam_method": "sam"}.get(name, name)
        assert not option.flag or option.flag.split("/")[0] == "--" + called.replace("_", "-")
    assert set(FIT_OPTIONS) == {name for name, option in OPTIONS.items() if option.flag} | {"options"}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, option in OPTIONS.items()
        if option.choices and not option.is_list and name != "parameterization"  # refused without ordered variables
    ],
)
def test_every_choice_is_taken(name: str) -> None:
    beside = {"information": "observed"} if name == "observed_information" else {}
    if name.startswith("sampling_weights_"):
        beside = {"sampling_weights": "w"}
    if name == "boot_ci_type":
        beside = {"se": "bootstrap"}
    if name.startswith("iv_"):
        beside = {"estimator": "IV"}
    if name == "m_method":
        beside = {"sam_method": "local"}
    for choice in OPTIONS[name].choices:
        if choice in {"DWLS", "WLSM", "WLSMV"}:
            beside = {"ordered": False}
        target = {"rotation_args": {"target": [[0, None], [None, 0]]}} if choice.startswith("target") else {}
        assert parse_fit_options(beside | target | {name: choice}).given[name] == choice
