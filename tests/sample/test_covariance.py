"""Given moments: every shape a matrix is written in, lavaan's rescaling, and matrices that are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import build_sample_from_moments, read_covariance, read_means

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
