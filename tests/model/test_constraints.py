"""Constraints and definitions: kinds, bases, exact derivatives, contradictions."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.model import build_constraints, build_definitions
from sem_toolkit.spec.table import Parameter, ParameterTable

from .conftest import Reference, load_reference


def build_table(*constraints: tuple[str, str, str], labels: str = "abcd") -> ParameterTable:
    rows = [
        Parameter("y", "~", f"x{number}", free=number, label=label, plabel=f".p{number}.")
        for number, label in enumerate(labels, start=1)
    ]
    rows.append(Parameter("y", "~", "z", ustart=2.0, label="fixed", plabel=".p9."))
    rows += [Parameter(lhs, op, rhs, block=0, group=0) for lhs, op, rhs in constraints]  # type: ignore[arg-type]
    return ParameterTable(tuple(rows))


def constrain(*constraints: tuple[str, str, str]):  # type: ignore[no-untyped-def]
    table = build_table(*constraints)
    return build_constraints(table, tuple(row for row in table.rows if row.free > 0))


@pytest.mark.parametrize(
    ("constraints", "rank"),
    [
        ([("a", "==", "b")], 1),
        ([(".p1.", "==", ".p3."), (".p1.", "==", ".p2.")], 2),
        ([("a", "==", "b"), ("b", "==", "c"), ("a", "==", "c")], 2),
        ([("a", "==", "2*b - 0.5"), ("c+d", "==", "fixed")], 2),
        ([("a + b + c", "==", "3")], 1),
    ],
)
def test_linear_equalities_become_a_basis(constraints: list[tuple[str, str, str]], rank: int) -> None:
    linear = constrain(*constraints).linear
    assert linear.basis.shape == (4, 4 - rank)
    theta = np.array([0.3, -1.2, 2.0, 0.7])[: 4 - rank]
    x = linear.expand(theta)
    np.testing.assert_allclose(linear.matrix @ x, linear.target, atol=1e-14)
    np.testing.assert_array_equal(linear.reduce(x), theta)


@pytest.mark.parametrize("number", [".5", "0.5", "5e-1", ".05e1"])
def test_a_number_alone_on_one_side_is_a_number(number: str) -> None:
    linear = constrain(("a", "==", number)).linear
    assert linear.average(np.zeros(4))[0] == pytest.approx(0.5)


def test_average_is_the_nearest_point() -> None:
    linear = constrain(("a", "==", "b")).linear
    np.testing.assert_allclose(linear.average(np.array([1.0, 3.0, 5.0, 7.0])), [2.0, 2.0, 5.0, 7.0])


def test_the_earlier_of_two_equal_parameters_is_kept() -> None:
    assert constrain((".p1.", "==", ".p3.")).linear.kept.tolist() == [0, 1, 3]


@pytest.mark.parametrize("constraint", [("fixed", "==", "1"), ("a - a", "==", "1")])
def test_contradictions_are_refused(constraint: tuple[str, str, str]) -> None:
    with pytest.raises(ModelError, match="contradicts"):
        constrain(constraint)


def test_two_values_for_one_parameter_contradict() -> None:
    with pytest.raises(ModelError, match="contradicts"):
        constrain(("a", "==", "1"), ("b", "==", "2"), ("a", "==", "b"))


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(ModelError, match='"nobody"'):
        constrain(("a", "==", "nobody"))


def test_single_parameter_inequalities_become_bounds() -> None:
    constraints = constrain(("a", ">", "0.2"), ("2*b", "<", "3"), ("a", ">", "0.1"), ("c", "<", "d"))
    assert constraints.lower[0] == 0.2
    assert constraints.upper[1] == 1.5
    assert [condition.text for condition in constraints.inequalities] == ["c < d"]
    values, slopes = constraints.inequality_values(np.array([1.0, 1.0, 1.0, 4.0]))
    np.testing.assert_allclose(values, [3.0, 0.8, 0.5])
    np.testing.assert_allclose(slopes, [[0, 0, -1, 1], [1, 0, 0, 0], [0, -1, 0, 0]])
    assert constraints.inequality_texts(("A", "B", "C", "D")) == ("c < d", "A >= 0.2", "B <= 1.5")


@pytest.mark.parametrize("bent", ["abs(a)", "max(a, -a)", "ifelse(a > 0, a, -a)", "through"])
def test_what_is_made_of_pieces_is_no_bound(bent: str) -> None:
    """abs(a) < 1 has two ends: its slope at positive numbers says nothing of that at negative ones."""
    constraints = constrain(("through", ":=", "abs(a)"), (bent, "<", "1"), (bent, "==", "0.5"), ("a", ">", "abs(-2)"))
    assert np.isinf(constraints.upper).all()
    assert constraints.lower[0] == 2.0
    assert len(constraints.equalities) == len(constraints.inequalities) == 1
    assert constraints.inequality_values(np.array([-3.0, 0.0, 0.0, 0.0]))[0][0] == -2.0


def test_non_linear_equalities_keep_exact_derivatives() -> None:
    constraints = constrain(("a", "==", "b^2"), ("ind", ":=", "c*d"), ("ind", "==", "1.1"))
    assert constraints.linear.is_trivial
    x = np.array([0.5, 0.7, 1.3, 0.9])
    values, slopes = constraints.equality_values(x)
    np.testing.assert_allclose(values, [0.5 - 0.49, 1.3 * 0.9 - 1.1])
    np.testing.assert_allclose(slopes, [[1, -1.4, 0, 0], [0, 0, 0.9, 1.3]])


@pytest.mark.parametrize(
    "reference", ["con_defined", "path_med_fixedx", "poldem_indirect", "mg_modifiers"], indirect=True
)
def test_definitions_equal_those_of_lavaan(reference: Reference) -> None:
    definitions = reference.model.definitions
    expected = {row["lhs"]: row["est"] for row in reference.case["partable"] if row["op"] == ":="}
    assert dict(zip(definitions.names, definitions.values(reference.x), strict=True)) == pytest.approx(
        expected, rel=1e-12
    )


def test_definitions_have_exact_derivatives() -> None:
    reference = load_reference("con_defined")
    definitions, x = reference.model.definitions, reference.x
    step = 1e-6
    for i in range(len(x)):
        unit = np.eye(len(x))[i] * step
        slope = (definitions.values(x + unit) - definitions.values(x - unit)) / (2 * step)
        np.testing.assert_allclose(definitions.jacobian(x)[:, i], slope, rtol=1e-7, atol=1e-9)


def test_a_definition_without_a_value_is_nan() -> None:
    table = build_table(("share", ":=", "a/(b-b)"))
    definitions = build_definitions(table, tuple(row for row in table.rows if row.free > 0))
    assert not np.isfinite(definitions.values(np.ones(4)))[0]


def test_bounds_that_leave_no_room_are_refused() -> None:
    with pytest.raises(ModelError, match="at least 2 and at most 1"):
        constrain(("a", ">", "2"), ("a", "<", "1"))


@pytest.mark.parametrize(
    ("constraints", "free"),
    [
        ([], 4),
        ([("a", "==", "b"), ("b", "==", "c"), ("a", "==", "c")], 2),
        ([("a * b", "==", "1")], 3),
        ([("a * b", "==", "1"), ("2 * a * b", "==", "2"), ("c", "==", "d")], 2),
        ([("a", ">", "b"), ("c", "<", "1")], 4),
    ],
)
def test_equalities_are_taken_off_the_count(constraints: list[tuple[str, str, str]], free: int) -> None:
    assert constrain(*constraints).count_free(np.array([2.0, 0.5, 0.3, 0.3])) == free


@pytest.mark.parametrize(
    ("constraints", "rank", "left"),
    [
        ([("a", "<", "b"), ("b", "<", "a")], 1, 0),
        ([("a", "<", "b"), ("b", "<", "c"), ("c", "<", "a")], 2, 0),
        ([("a", "<", "b"), ("b", "<", "a"), ("a", "<", "c")], 1, 1),
        ([("a", ">", "b"), ("a", "==", "b")], 1, 0),
        ([("a", ">", "0.8"), ("a", "<", "0.8")], 1, 0),
        ([("a + b", "<", "1"), ("a", ">", "0.5"), ("b", ">", "0.5")], 1, 2),
        ([("a", "<", "b"), ("b", "<", "c")], 0, 2),
        ([("a", "<", "b")], 0, 1),
    ],
    ids=["pair", "circle", "pair and more", "with equality", "bounds", "corner", "chain", "one"],
)
def test_inequalities_without_room_are_equalities(
    constraints: list[tuple[str, str, str]], rank: int, left: int
) -> None:
    found = constrain(*constraints)
    assert found.linear.basis.shape[1] == 4 - rank
    bounds = int(np.isfinite(found.lower).sum() + np.isfinite(found.upper).sum())
    assert len(found.inequalities) + bounds == left


def test_opposite_curved_inequalities_are_an_equality() -> None:
    found = constrain(("a*b", "<", "0.6"), ("0.6", "<", "b*a"), ("a*c", "<", "1"))
    assert (len(found.equalities), len(found.inequalities)) == (1, 1)
    x = np.array([0.5, 2.0, 0.0, 0.0])
    assert found.equality_values(x)[0] == pytest.approx([0.4])


def test_a_large_constant_does_not_hide_a_curve() -> None:
    found = constrain(("exp(a)", "==", "1e12"))
    assert len(found.equalities) == 1
    assert found.linear.is_trivial


@pytest.mark.parametrize(
    ("constraints", "code"),
    [
        ([("a", "<", "b"), ("b", "<", "a - 1")], "contradictory-constraints"),
        ([("a", "<", "b"), ("b", "<", "c"), ("c", "==", "a - 1")], "contradictory-constraints"),
        ([("a", "==", "1e308")], "constraint-too-large"),
        ([("a", ">", "1e308")], "constraint-too-large"),
    ],
)
def test_hopeless_constraints_are_errors(constraints: list[tuple[str, str, str]], code: str) -> None:
    with pytest.raises(ModelError) as caught:
        constrain(*constraints)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_definitions_that_no_constraint_uses_are_left_out() -> None:
    found = constrain(("p", ":=", "a*b"), ("q", ":=", "2*p"), ("r", ":=", "c"), ("q", "==", "d"))
    assert [name for name, _ in found.definitions] == ["p", "q"]
    assert found.equality_values(np.array([0.5, 3.0, 9.0, 1.0]))[0] == pytest.approx([2.0])


@pytest.mark.parametrize(
    ("constraint", "count"), [(("a + b", ">", "{}"), 1_001), (("a*b", "==", "{}"), 501), (("a*b", "<", "{}"), 501)]
)
def test_thousands_of_constraints_are_refused(constraint: tuple[str, str, str], count: int) -> None:
    left, operator, right = constraint
    with pytest.raises(ModelError) as caught:
        constrain(*((left, operator, right.format(number)) for number in range(count)))
    assert caught.value.diagnostics[0].code == "too-many-constraints"
    assert str(count) in caught.value.diagnostics[0].message


def test_linear_equalities_keep_the_order_of_the_table() -> None:
    found = constrain(("a", "==", "0.5"), ("b", "==", "c"), ("c", "==", "2*d")).linear.matrix
    assert np.flatnonzero(found[0]).tolist() == [0]
    assert np.flatnonzero(found[1]).tolist() == [1, 2]
    assert np.flatnonzero(found[2]).tolist() == [2, 3]


def test_chains_and_cycles_of_ties_end_at_the_first_parameter() -> None:
    """The same basis as elimination has, which a weight of 2 on both sides of one equation asks for."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        pairs = [rng.choice(4, 2, replace=False) + 1 for _ in range(rng.integers(1, 6))]
        tied = constrain(*((f".p{one}.", "==", f".p{other}.") for one, other in pairs)).linear
        labels = [("abcd"[one - 1], "abcd"[other - 1]) for one, other in pairs]
        eliminated = constrain(*((f"2*{one}", "==", f"2*{other}") for one, other in labels)).linear
        np.testing.assert_array_equal(tied.kept, eliminated.kept)
        np.testing.assert_allclose(tied.basis, eliminated.basis, atol=1e-15)
        np.testing.assert_array_equal(tied.offset, 0.0)
