"""Errors travel: between processes, through copies."""

import copy
import pickle

import pytest

from sem_toolkit.diagnostics import DataError, EstimationError, ModelError, OptionError, SemError, SpecError
from sem_toolkit.spec import parse_spec, require_estimable


@pytest.mark.parametrize("kind", [SemError, SpecError, DataError, OptionError, ModelError, EstimationError])
@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_an_error_arrives_whole(kind, travel):
    with pytest.raises(SpecError) as caught:
        require_estimable(parse_spec("f =~ x1 + + x2"))
    error = kind(caught.value.diagnostics, caught.value.source)
    there = travel(error)
    assert type(there) is kind
    assert there.diagnostics == error.diagnostics
    assert there.source == error.source
    assert str(there) == str(error)
