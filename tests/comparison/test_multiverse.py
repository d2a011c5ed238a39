"""The multiverse: every universe is the fit that one would make by hand, and an interrupted run ends the same."""

import json

import pandas as pd
import pytest

from sem_toolkit import DataError, OptionError, SpecError, fit
from sem_toolkit.comparison.multiverse import list_universes, run_multiverse
from sem_toolkit.comparison.multiverse.journal import NAME
from sem_toolkit.spec import parse_spec
from tests.support import DATA

BODY = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\ntextual =~ x4 + x5 + x6\ntextual ~ visual + speed\n"
HEAD = """#' choices:
#'   items: as it is | drop x2 | drop x9
#'   residuals: as it is | add x7 ~~ x8
#'   estimator: ML | MLR
#'   rows: all | sex == 1 and ageyr <= 14
"""
SPEC = parse_spec(HEAD + BODY)
HOLZINGER = DATA / "hs.csv"


class StopError(Exception):
    """The interruption."""


@pytest.fixture(scope="module")
def whole():
    return run_multiverse(SPEC, HOLZINGER)


@pytest.mark.slow
def test_universes_are_the_fits_made_by_hand(whole):
    assert len(whole.records) == 24
    frame = pd.read_csv(HOLZINGER)
    some = frame[(frame["sex"] == 1) & (frame["ageyr"] <= 14)]
    by_hand = {
        ("as it is", "as it is", "ML", "all"): fit(BODY, frame, engine="native"),
        ("drop x2", "add x7 ~~ x8", "MLR", "sex == 1 and ageyr <= 14"): fit(
            BODY.replace(" + x2", "") + "x7 ~~ x8\n", some, engine="native", estimator="MLR"
        ),
    }
    table = whole.table.set_index(["items", "residuals", "estimator", "rows"])
    for key, result in by_hand.items():
        row = table.loc[key]
        assert row["n"] == result.sample.n
        assert row["chisq"] == pytest.approx(result.fit_measures["chisq"], rel=1e-9)
        own = result.parameters.set_index(["lhs", "op", "rhs"]).loc["textual", "~", "visual"]
        record = whole.records[int(row["universe"]) - 1]
        found = next(entry for entry in record["paths"] if entry["path"] == "textual ~ visual")
        for name in ("est", "se", "ci.lower", "std.all"):
            assert found[name] == pytest.approx(own[name], rel=1e-8)
        scaled = result.standardized.set_index(["lhs", "op", "rhs"]).loc["textual", "~", "visual"]
        assert found["std.lower"] == pytest.approx(scaled["ci.lower"], rel=1e-8)


@pytest.mark.slow
def test_what_is_not_identified_is_a_record(whole):
    table = whole.table.set_index(["items", "residuals", "estimator", "rows"])
    row = table.loc[("drop x9", "add x7 ~~ x8", "ML", "all")]
    assert row["verdict"] == "not identified"
    assert "20 free parameters" in row["reason"]
    assert row["universe"] not in set(whole.paths["universe"])


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_goes_on(whole, tmp_path, workers):
    def stop(done, total):
        if done == 5:
            raise StopError

    with pytest.raises(StopError):
        run_multiverse(SPEC, HOLZINGER, folder=tmp_path, watch=stop)
    journal = tmp_path / NAME
    journal.write_text(journal.read_text() + '{"key": "torn by the interr')
    rest = run_multiverse(SPEC, HOLZINGER, folder=tmp_path, workers=workers)
    assert rest.fitted == 24 - 5
    pd.testing.assert_frame_equal(rest.table, whole.table, rtol=1e-10)
    pd.testing.assert_frame_equal(rest.paths, whole.paths, rtol=1e-10)
    assert len(journal.read_text().splitlines()) == 1 + 24
    assert run_multiverse(SPEC, HOLZINGER, folder=tmp_path).fitted == 0


@pytest.mark.slow
def test_another_choice_costs_only_what_is_new(whole, tmp_path):
    run_multiverse(SPEC, HOLZINGER, folder=tmp_path)
    more = parse_spec(HEAD.replace("| drop x9", "| drop x9 | drop x6") + BODY)
    assert run_multiverse(more, HOLZINGER, folder=tmp_path).fitted == 8


def test_results_of_other_data_are_refused(tmp_path):
    small = parse_spec("#' choices: {estimator: ML | MLR}\n" + BODY)
    frame = pd.read_csv(HOLZINGER)
    run_multiverse(small, frame, folder=tmp_path)
    frame.loc[0, "x1"] += 1
    with pytest.raises(DataError, match="results are of another data"):
        run_multiverse(small, frame, folder=tmp_path)
    (tmp_path / NAME).write_text("no journal\n")
    with pytest.raises(DataError, match="no journal of a multiverse"):
        run_multiverse(small, frame, folder=tmp_path)


def test_groups_and_options():
    spec = parse_spec("#' choices:\n#'   group: none | school\n#'   missing: listwise | ml\n" + BODY)
    found = run_multiverse(spec, HOLZINGER)
    groups = found.paths.groupby("universe")["group"].nunique()
    assert groups.to_list() == [1, 1, 2, 2]
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["choices"]["group"] == ["none", "school"]


def test_switches_and_numbers_are_read_as_elsewhere_in_the_header():
    spec = parse_spec("#' choices:\n#'   meanstructure: on | No\n#'   level: 0.9 | 0.95\n" + BODY)
    options = [universe.options for universe in list_universes(spec)[1]]
    assert options[0] == {"meanstructure": True, "level": 0.9}
    assert options[-1] == {"meanstructure": False, "level": 0.95}


@pytest.mark.slow
def test_it_is_presented_as_other_results_are(whole):
    assert whole.tables == ("summary", "specifications", "paths")
    text = whole.summary(width=200)
    failed = sum(not record["certified"] for record in whole.records)
    assert text.startswith(f"{len(whole.records)} specifications, {failed} without a certified answer")
    assert "textual ~ visual" in text
    assert "textual ~ visual" in whole._repr_html_()
    pd.testing.assert_frame_equal(whole.to_frame(), whole.path_summary)
    assert whole.to_latex("paths").count("textual") > 1


@pytest.mark.slow
def test_summaries_count(whole):
    summary = whole.path_summary.set_index("path").loc["textual ~ visual"]
    own = whole.paths[whole.paths["path"] == "textual ~ visual"]
    assert summary["universes"] == len(own)
    assert summary["median"] == own["std.all"].median()
    assert summary["positive, p < .05"] == f"{(own['pvalue'] < 0.05).sum()} of {len(own)}"
    by_choice = whole.summarise_choices("textual ~ visual")
    assert by_choice[by_choice["choice"] == "estimator"]["universes"].sum() == len(own)


@pytest.mark.parametrize(
    ("choices", "error", "reason"),
    [
        ("rows: all | agee > 13", DataError, 'choice "rows", "agee > 13": the data has no column .agee'),
        ("rows: all | ageyr > 99", DataError, "no row is left"),
        ("items: as it is | drop x77", SpecError, "drops x77, which the model does not have"),
        ("items: as it is | remove x1 ~~ x4", SpecError, "does not mention"),
        ("estimator: ML | MLX", SpecError, '"MLX": option "estimator" cannot be'),
        ("level: 0.9 | 1e999", SpecError, '"level", "1e999": the number "1e999" of the header is too large'),
        ("meanstructure: yes | maybe", SpecError, "it takes true or false"),
        ("missing_codes: 9 | 99", SpecError, "how the data are read"),
        ("items: drop x3\n#'   more: add x3 ~~ x4", SpecError, "contradict"),
    ],
)
def test_choices_that_cannot_be(choices, error, reason):
    with pytest.raises(error, match=reason):
        run_multiverse(parse_spec(f"#' choices:\n#'   {choices}\n{BODY}"), HOLZINGER)


@pytest.mark.parametrize(
    ("choices", "left", "said"),
    [
        ("items: as it is | drop x3 | drop x3", 2, '"items: drop x3" is "items: drop x3" again'),
        ("items: drop x3, drop x9 | drop x9, drop x3", 1, '"items: drop x9, drop x3" is'),
        ("estimator: ML | ml", 1, '"estimator: ml" is "estimator: ML" again'),
        ("rows: sex == 1 | sex==1", 1, '"rows: sex==1" is'),
        (
            "one: as it is | drop x3\n#'   two: all | drop x3",
            2,
            '"one: drop x3, two: all" is "one: as it is, two: drop x3"',
        ),
    ],
)
def test_what_is_the_same_counts_once(choices, left, said):
    found = run_multiverse(parse_spec(f"#' choices:\n#'   {choices}\n{BODY}"), HOLZINGER)
    assert len(found.records) == left
    assert len({record["key"] for record in found.records}) == left
    assert said in found.notes[0].message
    assert found.to_dict()["messages"][0]["code"] == "repeated-choice"
    for path in found.path_summary["path"]:
        assert (found.summarise_choices(path)["universes"] > 0).all()


def test_no_choices_and_too_many():
    with pytest.raises(OptionError, match="marks no choices"):
        list_universes(parse_spec(BODY))
    lines = "".join(f"#'   c{n}: as it is | add x1 ~~ x{n}\n" for n in (2, 3, 4, 5, 6, 7, 8, 9))
    lines += "".join(f"#'   d{n}: as it is | add x2 ~~ x{n} | add x3 ~~ x{n}\n" for n in range(4, 10))
    with pytest.raises(OptionError, match="combinations"):
        list_universes(parse_spec(f"#' choices:\n{lines}{BODY}"))
