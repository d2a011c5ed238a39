"""Given moments: every shape a matrix is written in, lavaan's rescaling, and matrices that are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import build_sample_from_moments, read_covariance, read_means, read_moments

ORACLES = Path(__file__).parents[1] / "oracles"
MATRIX = np.array([[2.0, 0.5, 0.25], [0.5, 1.0, -0.125], [0.25, -0.125, 4.0]])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a,b,c\n2,.5,.25\n.5,1,-.125\n.25,-.125,4\n", id="full"),
        pytest.param(",a,b,c\na,2,.5,.25\nb,.5,1,-.125\nc,.25,-.125,4\n", id="full with row names"),
        pytest.param('"";"a";"b";"c"\n"a";2;0,5;0,25\n"b";0,5;1;-0,125\n"c";0,25;-0,125;4\n', id="decimal comma"),
        pytest.param("a,b,c\n2\n.5,1\n.25,-.125,4\n", id="lower triangle"),
        pytest.param("a,b,c\n2,,\n.5,1,\n.25,-.125,4\n", id="lower triangle with empty cells"),
        pytest.param(",a,b,c\na,2,,\nb,.5,1,\nc,.25,-.125,4\n", id="lower triangle with row names"),
        pytest.param("a,b,c\n2,.5,.25\n,1,-.125\n,,4\n", id="upper triangle"),
        pytest.param("a b c\n2\n.5 1\n.25 -.125 4\n", id="blanks"),
        pytest.param("a\tb\tc\na\t2\nb\t.5\t1\nc\t.25\t-.125\t4\n", id="tabs, row names without a corner"),
    ],
)
def test_every_shape_is_read(tmp_path, text):
    path = tmp_path / "cov.csv"
    path.write_text(text)
    names, matrix = read_covariance(path)
    assert names == ("a", "b", "c")
    np.testing.assert_array_equal(matrix, MATRIX)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a,b\n1,.5\n.4,1\n", "not symmetric: a, b is 0.5 but b, a is 0.4", id="asymmetric"),
        pytest.param("a,b\n1,2\n2,1\n", "not positive definite", id="indefinite"),
        pytest.param("a,b\n1,.5\n.5,-1\n", "variance of 'b' .* is -1", id="negative variance"),
        pytest.param("a,b\n1,.5\n", "2 names but 1 rows", id="too few rows"),
        pytest.param("a,b\n1,x\n.5,1\n", "row 'a' holds 'x'", id="text"),
        pytest.param("a,b\n1,,3\n.5,1\n", "row 'a' has 3 values for 2 names", id="long row"),
        pytest.param("a,a\n1,.5\n.5,1\n", "'a' occurs 2 times", id="duplicate name"),
        pytest.param("a,b\nb,1,.5\na,.5,1\n", "names of the rows", id="row names in another order"),
        pytest.param("a,b,c\n1,,\n.5,1,\n,.1,1\n", "covariance of a and c .* is missing", id="hole"),
    ],
)
def test_matrices_that_are_refused(tmp_path, text, message):
    path = tmp_path / "cov.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_covariance(path)


@pytest.mark.parametrize("text", ["a,b\n1.5,2\n", "a,1.5\nb,2\n", "a 1.5\nb 2\n", "a;b\n1,5;2\n"])
def test_means(tmp_path, text):
    path = tmp_path / "mean.csv"
    path.write_text(text)
    assert read_means(path) == {"a": 1.5, "b": 2.0}


@pytest.mark.parametrize("case", ["cov_input", "cov_input_means", "cov_input_groups"])
def test_moments_are_rescaled_as_lavaan_does(case):
    reference = json.loads((ORACLES / "cases" / f"{case}.json").read_text())
    options = reference["options"]
    given = list(options["sample_cov"].values()) if case.endswith("groups") else [options["sample_cov"]]
    means = options.get("sample_mean")
    mean = None
    if means:
        mean = [part["values"] for part in (means.values() if case.endswith("groups") else [means])]
    sample = build_sample_from_moments(
        given[0]["names"],
        [part["matrix"] for part in given],
        np.ravel(options["sample_nobs"]).tolist(),
        reference["sample_cov"][0]["cov"]["names"],
        mean,
        labels=reference.get("group_labels"),
    )
    assert sample.n == reference["n"]
    for group, theirs in zip(sample.groups, reference["sample_cov"], strict=True):
        np.testing.assert_allclose(group.covariance, theirs["cov"]["matrix"], rtol=1e-12)
        if mean:
            np.testing.assert_allclose(group.mean, theirs["mean"]["values"], rtol=1e-12)


def test_variables_are_picked_in_the_order_of_the_model():
    sample = build_sample_from_moments("abc", MATRIX, 10, ["c", "a"], {"a": 1, "b": 2, "c": 3}, rescale=False)
    np.testing.assert_array_equal(sample.groups[0].covariance, [[4, 0.25], [0.25, 2]])
    np.testing.assert_array_equal(sample.groups[0].mean, [3, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("abc", MATRIX, 10, ["a", "d"]), "no column 'd'", id="unknown name"),
        pytest.param(("ab", MATRIX, 10, ["a"]), "2 names but a matrix of 3 × 3", id="shape"),
        pytest.param(("abc", MATRIX, [10, 10], ["a"]), "2 numbers of observations for 1 groups", id="n"),
        pytest.param(("abc", MATRIX, 3, ["a", "b", "c"]), "at least 4 are needed", id="too few"),
        pytest.param(("abc", MATRIX, 10, ["a"], [1, 2]), "2 means for 1 × 3 variables", id="means"),
        pytest.param(("abc", MATRIX, 10, ["a"], {"a": 1, "b": 2}), "means has no column 'c'", id="named means"),
        pytest.param(("ab", [[1, 2], [2, 1]], 10, ["a", "b"]), "not positive definite", id="indefinite"),
        pytest.param(("ab", [[1, 0.2], [0.3, 1]], 10, ["a", "b"]), "not symmetric", id="asymmetric"),
    ],
)
def test_moments_that_are_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        build_sample_from_moments(*arguments)


def test_correlations_are_told():
    sample = build_sample_from_moments("ab", [[1, 0.2], [0.2, 1]], 10, "ab")
    assert [message.code for message in sample.messages] == ["correlation-matrix"]
    assert sample.groups[0].label == ""
    assert [g.label for g in build_sample_from_moments("ab", [[[1, 0.2], [0.2, 1]]] * 2, [9, 9], "ab").groups] == [
        "Group 1",
        "Group 2",
    ]


R4 = np.array([[1, 0.5, 0.4, 0.3], [0.5, 1, 0.2, 0.1], [0.4, 0.2, 1, 0.6], [0.3, 0.1, 0.6, 1]])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a b c d\n.5\n.4 .2\n.3 .1 .6\n", id="no diagonal"),
        pytest.param(",a,b,c,d\na,\nb,.5\nc,.4,.2\nd,.3,.1,.6\n", id="no diagonal, labels"),
        pytest.param("a 1\nb .5 1\nc .4 .2 1\nd .3 .1 .6 1\n", id="names of rows only"),
        pytest.param("a\nb .5\nc .4 .2\nd .3 .1 .6\n", id="names of rows only, no diagonal"),
        pytest.param("a b c d\n1 .5 .4 .3\n1 .2 .1\n1 .6\n1\n", id="upper, from the left"),
        pytest.param("a b c d\n.5 .4 .3\n.2 .1\n.6\n", id="upper without a diagonal"),
        pytest.param("a;b;c;d\n—;;;\n.50**;—;;\n.40*;.20;—;\n.30;.10;.60**;—\n", id="dashes and stars"),
        pytest.param("# from a book\na b c d\n1\n.5 1\n.4 .2 1\n.3 .1 .6 1\n", id="comment"),
        pytest.param("a b c d\n1,0\n0,5 1,0\n0,4 0,2 1,0\n0,3 0,1 0,6 1,0\n", id="decimal commas between blanks"),
    ],
)
def test_triangles_as_books_print_them(tmp_path, text):
    path = tmp_path / "r.txt"
    path.write_text(text, encoding="utf-8")
    names, matrix = read_covariance(path)
    assert names == ("a", "b", "c", "d")
    np.testing.assert_allclose(matrix, R4, atol=1e-15)


@pytest.mark.parametrize("text", ["1\n.5 1\n.4 .2 1\n.3 .1 .6 1\n", ".5\n.4 .2\n.3 .1 .6\n"])
def test_a_triangle_without_names_says_how_its_variables_are_called(tmp_path, text):
    path = tmp_path / "r.txt"
    path.write_text(text)
    (found,) = read_moments(path)
    assert found.names == ("V1", "V2", "V3", "V4")
    np.testing.assert_array_equal(found.covariance, R4)
    assert [message.code for message in found.messages] == ["no-header"]


@pytest.mark.parametrize("label", ["", "SD ", "sd "])
def test_standard_deviations_make_covariances(tmp_path, label):
    path = tmp_path / "r.txt"
    path.write_text(f"a b c d\n1\n.5 1\n.4 .2 1\n.3 .1 .6 1\n{label}2 1 3 .5\n")
    deviations = np.array([2, 1, 3, 0.5])
    np.testing.assert_allclose(read_covariance(path)[1], R4 * np.outer(deviations, deviations), rtol=1e-15)


def test_means_and_sizes_may_stand_below(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(",a,b\na,4,1\nb,1,9\nMean,1.5,2\nN,90,80\n")
    (found,) = read_moments(path)
    assert found.mean.tolist() == [1.5, 2]
    assert found.n == 80
    assert [message.code for message in found.messages] == ["unequal-n"]


def test_a_last_row_that_may_be_anything_is_refused(tmp_path):
    path = tmp_path / "r.txt"
    path.write_text("a b\n4 1\n1 9\n2 3\n")
    with pytest.raises(DataError, match="last row has no name"):
        read_covariance(path)


def test_a_matrix_file_of_spss_has_its_groups(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(
        "sex,rowtype_,varname_,a,b\n1,N,,100,100\n1,MEAN,,5,6\n1,STDDEV,,2,3\n1,CORR,a,1,\n1,CORR,b,.5,1\n"
        "2,N,,90,90\n2,MEAN,,4,6\n2,STDDEV,,1,3\n2,CORR,a,1,\n2,CORR,b,.25,1\n"
    )
    first, second = read_moments(path)
    assert (first.label, first.n, first.mean.tolist()) == ("1", 100, [5, 6])
    np.testing.assert_allclose(first.covariance, [[4, 3], [3, 9]])
    np.testing.assert_allclose(second.covariance, [[1, 0.75], [0.75, 9]])


def test_halves_that_differ_by_rounding_are_averaged(tmp_path):
    path = tmp_path / "r.txt"
    path.write_text("a b\n2.00 .51\n.50 1.00\n")
    (found,) = read_moments(path)
    assert found.covariance[0, 1] == found.covariance[1, 0] == pytest.approx(0.505)
    assert [message.code for message in found.messages] == ["rounded-halves"]
    path.write_text("a b\n2.00 .53\n.50 1.00\n")
    with pytest.raises(DataError, match="not symmetric"):
        read_moments(path)


@pytest.mark.parametrize("value", [1e308, 1e-308, 1e160, 1e-170])
def test_variances_that_no_computer_can_square_are_refused(value):
    with pytest.raises(DataError, match="no computer can square"):
        build_sample_from_moments("ab", np.diag([value, 1.0]), 10, "ab")


@pytest.mark.parametrize("n", [0, -5, 10**9, 10**400])
def test_absurd_numbers_of_observations_are_refused(n):
    with pytest.raises(DataError, match="number of observations cannot be"):
        build_sample_from_moments("ab", np.eye(2), n, "ab")


def test_numbers_of_observations_are_asked_for():
    with pytest.raises(DataError, match="is not given"):
        build_sample_from_moments("ab", np.eye(2), (), "ab")
