"""Every option is declared once, and every declaration is of an option that a layer reads."""

from dataclasses import fields

import pytest

from sem_toolkit.cli.options import FIT_OPTIONS
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.spec import TableOptions


def test_the_declarations_are_those_of_the_layers() -> None:
    own = {entry.name for entry in fields(FitOptions)} - {"table", "estimation", "inference", "given"}
    read = {entry.name for kind in (TableOptions, EstimationOptions) for entry in fields(kind)} | own
    read -= {"normal_weights", "categorical", "has_levels", "all_ordered"}  # follow from se, ordered and the spec
    assert set(OPTIONS) == read | {"se", "test", "information", "observed_information"}
    assert {name for name, option in OPTIONS.items() if option.layer == "table"} == {
        entry.name for entry in fields(TableOptions)
    }


def test_every_flag_is_its_option_with_dashes() -> None:
    for name, option in OPTIONS.items():
        assert not option.flag or option.flag.split("/")[0] == "--" + name.replace("_", "-")
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
    for choice in OPTIONS[name].choices:
        if choice in {"DWLS", "WLSM", "WLSMV"}:
            beside = {"ordered": False}
        assert parse_fit_options(beside | {name: choice}).given[name] == choice
