"""The sign of a factor without a marker: its first indicator loads positively, as lavaan 0.7 starts it."""

from pathlib import Path

import pytest

from sem_toolkit.fit import fit

BFI = Path(__file__).parents[1] / "oracles" / "data" / "bfi_ace.csv"


@pytest.mark.parametrize("engine", ["native", "semopy"])
@pytest.mark.parametrize("order", [["C4", "C1", "C2", "C3", "C5"], ["C1", "C2", "C3", "C4", "C5"]])
def test_the_first_indicator_decides_on_the_sign(order: list[str], engine: str) -> None:
    found = fit(f"C =~ {' + '.join(order)}", BFI, call="cfa", std_lv=True, engine=engine)
    loadings = found.parameters.loc[found.parameters["op"] == "=~"].set_index("rhs")["est"]
    sign = 1.0 if order[0] == "C1" else -1.0
    assert (sign * loadings[["C1", "C4"]]).tolist() == pytest.approx([0.668, -0.901], abs=5e-4)


def test_groups_with_equal_loadings_have_one_sign() -> None:
    found = fit("C =~ C4 + C1 + C2 + C3", BFI, call="cfa", std_lv=True, group="gender", group_equal=["loadings"])
    rows = found.parameters
    assert found.certificate.verdict == "converged"
    assert (rows.loc[(rows["op"] == "=~") & (rows["rhs"] == "C4"), "est"] > 0.0).all()
