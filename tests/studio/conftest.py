"""A studio that holds Bollen's industrialisation and political democracy, `model.lav` with its data."""

import shutil

import pytest

pytest.importorskip("starlette")

from tests.studio.harness import POLDEM, Studio
from tests.support import DATA


@pytest.fixture
def studio(tmp_path):
    shutil.copy(DATA / "poldem.csv", tmp_path / "poldem.csv")
    (tmp_path / "model.lav").write_text(POLDEM, encoding="utf-8")
    found = Studio(tmp_path)
    yield found
    found.close()
