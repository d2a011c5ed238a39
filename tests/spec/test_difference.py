"""What two specs mean differently."""

import pytest

from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.difference import SpecDifference, compare_tables, compute_free_count
from sem_toolkit.spec.difference_texts import build_difference_record, format_difference


def compare(
    before: str, after: str, first: TableOptions | None = None, second: TableOptions | None = None
) -> SpecDifference:
    return compare_tables(
        build_parameter_table(parse_spec(before), first), build_parameter_table(parse_spec(after), second or first)
    )


def summary(difference: SpecDifference) -> list[str]:
    return [f"{c.kind}: {c.row.lhs} {c.row.op} {c.row.rhs}".strip() for c in difference.changes]


def test_layout_and_order_do_not_matter() -> None:
    difference = compare(
        "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ a*f\nx1 ~~ x4\nd := a*2\na < 3",
        "# other\nx4 ~~ x1\ng ~ a * f\ng =~ x4+x5+x6; f =~ x1+x2+x3\nd := a * 2\na<3\n",
    )
    assert difference.is_empty
    assert difference.df_change == 0


@pytest.mark.parametrize(
    ("before", "after", "changes", "df_change"),
    [
        ("y ~ x + z", "y ~ x + 0*z", ["fixed: y ~ z"], 1),
        ("y ~ x + 0*z", "y ~ x + z", ["freed: y ~ z"], -1),
        ("y ~ x + 1*z", "y ~ x + 2*z", ["value changed: y ~ z"], 0),
        ("f =~ x1 + x2 + x3", "f =~ x1 + a*x2 + a*x3", ["tied: f =~ x3"], 1),
        ("f =~ x1 + a*x2 + a*x3", "f =~ x1 + x2 + x3", ["untied: f =~ x3"], -1),
        ("f =~ x1 + x2 + x3", "f =~ x1 + x2 + x3\nx1 ~~ x2", ["added: x1 ~~ x2"], -1),
        ("f =~ x1 + x2 + x3\nx1 ~~ x2", "f =~ x1 + x2 + x3", ["removed: x1 ~~ x2"], 1),
        ("f =~ x1 + x2 + x3", "f =~ x1 + x2 + x3\nx1 ~~ 0*x2", [], 0),
        ("y ~ a*x + b*z", "y ~ a*x + b*z\na == b", ["added: a == b"], 1),
        ("y ~ a*x + b*z\na == b", "y ~ a*x + b*z\na == b\n2*a == 2*b", ["added: 2*a == 2*b"], 0),
        ("y ~ a*x", "y ~ a*x\nd := 2*a", ["added: d := 2*a"], 0),
        ("y ~ x", "y ~ lower(0)*x", ["bound changed: y ~ x"], 0),
        ("y ~ x", "y ~ start(1)*x", ["start changed: y ~ x"], 0),
    ],
)
def test_changes(before: str, after: str, changes: list[str], df_change: int) -> None:
    difference = compare(before, after)
    assert summary(difference) == changes
    assert difference.df_change == df_change


def test_other_variables_have_no_change_of_df() -> None:
    difference = compare("y ~ x", "y ~ x + z")
    assert difference.variables_added == ("z",)
    assert difference.df_change is None
    assert "+ variable z" in format_difference(difference)


def test_groups_are_told_apart() -> None:
    free = TableOptions(ngroups=2, meanstructure=True)
    equal = TableOptions(ngroups=2, meanstructure=True, group_equal=("loadings", "intercepts"))
    difference = compare("f =~ x1 + x2 + x3", "f =~ x1 + x2 + x3", free, equal)
    # Two loadings and three intercepts become equal, one factor mean free.
    assert difference.df_change == 4
    assert "~ f =~ x2 now equal to f =~ x2 [group 1]" in format_difference(difference)
    assert "freed: f ~1" in summary(difference)


def test_groups_are_called_by_their_labels() -> None:
    def tell(before: str, after: str) -> str:
        texts = [parse_spec(text) for text in (before, after)]
        tables = [build_parameter_table(text, TableOptions(ngroups=2), ("north", "south")) for text in texts]
        return format_difference(compare_tables(*tables))

    assert "now equal to f =~ x2 [north]" in tell("f =~ x1 + c(a, b)*x2 + x3", "f =~ x1 + c(a, a)*x2 + x3")
    assert "- f =~ x2 [south]" in tell("f =~ x1 + x2 + x3", "f =~ x1 + x3")


def test_a_mean_structure_brings_its_moments() -> None:
    difference = compare("f =~ x1 + x2 + x3", "f =~ x1 + x2 + x3", TableOptions(), TableOptions(meanstructure=True))
    assert difference.df_change == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("y ~ a*x + b*z + c*w", 4),
        ("y ~ a*x + b*z + c*w\na == b\nb == c\na == c", 2),
        ("y ~ a*x + b*z + c*w\na == b^2", 3),
        ("y ~ a*x + b*z + a*w\na == 1", 2),
    ],
)
def test_free_parameters_less_constraints(text: str, count: int) -> None:
    assert compute_free_count(build_parameter_table(parse_spec(text))) == count


def test_text_and_record() -> None:
    difference = compare("y ~ x + 0.5*z", "y ~ x + z")
    assert format_difference(difference).splitlines() == [
        "~ y ~ z freed (was fixed 0.5)",
        "",
        "free parameters 2 → 3",
        "degrees of freedom -1",
    ]
    record = build_difference_record(difference)
    assert record["df_change"] == -1
    (change,) = record["changes"]
    assert (change["kind"], change["before"], change["after"], change["line_after"]) == ("freed", 0.5, None, 1)
    assert format_difference(compare("y ~ x", "y~x")) == "both specs mean the same"
