"""The sign of a factor without a marker: most of its loadings are positive, whatever their order."""

from pathlib import Path

import pytest

from sem_toolkit.fit import fit

BFI = Path(__file__).parents[1] / "oracles" / "data" / "bfi_ace.csv"


@pytest.mark.parametrize("engine", ["native", "semopy"])
@pytest.mark.parametrize("order", [["C4", "C1", "C2", "C3", "C5"], ["C1", "C2", "C3", "C4", "C5"]])
def test_most_loadings_are_positive(order: list[str], engine: str) -> None:
    found = fit(f"C =~ {' + '.join(order)}", BFI, call="cfa", std_lv=True, engine=engine)
    loadings = found.parameters.loc[found.parameters["op"] == "=~"].set_index("rhs")["est"]
    assert loadings[["C1", "C4"]].tolist() == pytest.approx([0.668, -0.901], abs=5e-4)


def test_groups_with_equal_loadings_have_one_sign() -> None:
    found = fit("C =~ C4 + C1 + C2 + C3", BFI, call="cfa", std_lv=True, group="gender", group_equal=["loadings"])
    rows = found.parameters
    assert found.certificate.verdict == "converged"
    assert (rows.loc[(rows["op"] == "=~") & (rows["rhs"] == "C4"), "est"] < 0.0).all()


def fit_turned(text: str, **options: object):  # type: ignore[no-untyped-def]
    """Items of C with C4 and C5 reversed, by moments."""
    found = fit(text, BFI, call="cfa", **{"std_lv": True, **options})
    assert found.certified
    rows = found.parameters
    return found, rows.set_index(rows["lhs"] + rows["op"] + rows["rhs"])["est"]


def test_covariances_turn_with_the_factor_and_no_moment_changes() -> None:
    found, values = fit_turned("C =~ C4 + C1 + C2 + C3\nE =~ E1 + E2 + E3 + E4")
    other, turned = fit_turned("C =~ C4 + C1 + C2 + C3\nE =~ start(-1)*E1 + start(-1)*E2 + start(1)*E3 + start(1)*E4")
    assert found.solution.discrepancy == pytest.approx(other.solution.discrepancy, rel=1e-10)
    assert values["C=~C1"] > 0.0
    assert abs(values["C~~E"]) == pytest.approx(abs(turned["C~~E"]), rel=1e-6)
    moments, again = found.solution.moments.covariance, other.solution.moments.covariance
    assert abs(moments - again).max() < 1e-6
    assert values["C~~E"] * values["C=~C1"] * values["E=~E1"] == pytest.approx(
        turned["C~~E"] * turned["C=~C1"] * turned["E=~E1"], rel=1e-5
    )


@pytest.mark.parametrize("pin", ["start(1)*C4 + start(-1)*C1", "lower(0)*C4 + C1", "1*C4 + C1"])
def test_what_pins_a_sign_keeps_it(pin: str) -> None:
    values = fit_turned(f"C =~ {pin} + C2 + C3", std_lv="1*" not in pin)[1]
    assert values["C=~C4"] > 0.0 > values["C=~C1"]
