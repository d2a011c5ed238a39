"""The atlas: rivals made from a user's text equal the same models written by hand and fitted by lavaan 0.7-2."""

import math

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import ModelError, fit
from sem_toolkit.comparison.atlas import build_atlas, write_atlas
from sem_toolkit.comparison.atlas.answers import PathAnswer
from sem_toolkit.fit.verification import verify
from sem_toolkit.spec import parse_spec, read_spec
from tests.support import DATA

BASE = "# factors\nvisual =~ x1 + x2 + x3 # seen\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
CHAIN = BASE + "textual ~ a*visual\nspeed ~ b*textual\nindirect := a*b\n"
COVARIATE = "w =~ x1 + x2 + x3\nx7 ~ w + x4 + ageyr\nx8 ~ x7 + ageyr\n"
FACTORS = {  # df and χ² of lavaan 0.7-2 for specs written by hand
    "one-factor": (27, 312.264159377),
    "uncorrelated": (27, 153.527097943),
    "second-order": (24, 85.305521771),
    "bifactor": (18, 34.880098118),
    "bifactor-s-1": (20, 40.268761621),
    "esem": (12, 22.896734607),
    "merged-visual-textual": (26, 181.336522203),
    "merged-visual-speed": (26, 151.470333695),
    "merged-textual-speed": (26, 236.090686504),
    "cross-loading-visual-x9": (23, 52.382115268),
    "cross-loading-visual-x7": (23, 63.142396414),
    "residuals-x7-x8": (23, 53.272236354),
    "residuals-x8-x9": (23, 65.584023321),
}
PATHS = {
    "given": (25, 103.410833345),
    "correlated": (24, 85.305521770),
    "merged-visual-textual": (26, 181.336522204),
    "merged-textual-speed": (26, 236.090686507),
    "without-visual-textual": (26, 140.598730475),
    "without-textual-speed": (26, 117.946229201),
    "partial-mediation-visual-speed": (24, 85.305521770),
    "reversed-textual-speed": (25, 104.569849646),
}
COVARIATES = {"given": (12, 73.788413113), "without-w-x7": (13, 73.805260033), "saturated": (10, 54.788784191)}


@pytest.fixture(scope="module")
def factors():
    return build_atlas(parse_spec(BASE), DATA / "hs.csv")


@pytest.fixture(scope="module")
def chain():
    return build_atlas(parse_spec(CHAIN), DATA / "hs.csv", most=0)


def rows_of(atlas):
    return atlas.table.set_index("model")


def require_equal(atlas, expected):
    rows = rows_of(atlas)
    for name, (df, chisq) in expected.items():
        assert rows.loc[name, "df"] == df, name
        assert rows.loc[name, "chisq"] == pytest.approx(chisq, rel=1e-6), name


def test_rivals_of_factors_are_lavaans(factors):
    require_equal(factors, FACTORS)
    assert set(rows_of(factors).index) == {"given", *FACTORS}


@pytest.mark.slow
def test_rivals_of_paths_are_lavaans(chain):
    require_equal(chain, PATHS)
    require_equal(build_atlas(parse_spec(COVARIATE), DATA / "hs.csv", families=["structure"]), COVARIATES)


def test_relations_to_the_parent_are_proved(factors, chain):
    relation = rows_of(factors)["relation"]
    assert relation["second-order"] == "equivalent"
    assert relation["bifactor"] == "contains it"
    assert relation["one-factor"] == relation["merged-visual-speed"] == "nested in it"
    rows = rows_of(chain)
    assert rows.loc["reversed-textual-speed", "relation"] == "not nested"
    assert rows.loc["one-factor", "parent"] == "correlated"
    dropped = rows.loc["without-textual-speed"]
    assert dropped["relation"] == "nested in it"
    assert dropped["chisq.diff"] == pytest.approx(117.946229201 - 103.410833345, rel=1e-6)
    assert dropped["df.diff"] == 1
    assert dropped["delta.bic"] == pytest.approx(117.946229201 - 103.410833345 - np.log(301), rel=1e-6)


def test_bifactor_against_second_order(factors):
    """The second-order model of three factors is the correlated one, and the bifactor model contains it."""
    rows = rows_of(factors)
    assert rows.loc["second-order", "chisq"] == pytest.approx(rows.loc["given", "chisq"], rel=1e-8)
    assert rows.loc["bifactor", "df.diff"] == 6
    assert rows.loc["bifactor", "verdict"] == "improper"


@pytest.mark.slow
def test_of_four_factors_the_bifactor_model_is_set_against_the_second_order_one():
    text = "".join(f"f{k} =~ y{3 * k + 1} + y{3 * k + 2} + y{3 * k + 3}\n" for k in range(4))
    atlas = build_atlas(parse_spec(text), DATA / "bifactor.csv", families=["measurement"], most=0)
    row = rows_of(atlas).loc["bifactor"]
    assert (row["parent"], row["relation"], row["df.diff"]) == ("second-order", "contains it", 8)


def test_what_becomes_of_the_paths(chain):
    answer = rows_of(chain)["answer"]
    assert answer["partial-mediation-visual-speed"] == (
        "1 of 3 as before; speed ~ textual: 0.28 → 0.09 (n.s.), indirect: 0.13 → 0.04 (n.s.)"
    )
    assert "speed ~ textual: 0." in answer["without-textual-speed"]
    assert "(fixed)" in answer["without-textual-speed"]
    assert answer["reversed-textual-speed"] == "none of them is in it"


def test_texts_are_the_users_with_few_changes(chain):
    texts = {entry.rival.name: entry.spec.text for entry in chain.entries}
    head, body = texts["without-textual-speed"].split("\n\n", 1)
    assert body == CHAIN.replace("b*textual", "0*b*textual")
    assert "#' parent: spec" in head
    assert "claim: textual has no effect of its own on speed" in head
    merged = texts["merged-visual-textual"]
    assert "visual_textual =~ x1 + x2 + x3 # seen\nvisual_textual =~ x4 + x5 + x6" in merged
    assert "# indirect := a*b" in merged


@pytest.mark.slow
def test_written_rivals_fit_again(chain, tmp_path):
    given = build_atlas(parse_spec(CHAIN), DATA / "hs.csv", families=["structure"])
    paths = write_atlas(given, tmp_path / "rivals", DATA / "hs.csv")
    rows = rows_of(chain)
    for path in paths:
        spec = read_spec(path)
        assert not spec.diagnostics
        assert fit(spec).fit_measures["chisq"] == pytest.approx(rows.loc[path.stem, "chisq"], rel=1e-7)


@pytest.mark.slow
def test_several_processes_change_nothing(chain):
    parallel = build_atlas(parse_spec(CHAIN), DATA / "hs.csv", most=0, workers=2)
    pd.testing.assert_frame_equal(parallel.table, chain.table)


def test_its_receipt_holds():
    atlas = build_atlas(parse_spec(CHAIN), DATA / "hs.csv", families=["structure"])
    assert verify(atlas.receipt).holds


@pytest.mark.slow
def test_a_method_factor_of_reversed_items():
    """Six items of one factor, three of them worded the other way round with something of their own in common."""
    rng = np.random.default_rng(5)
    factor, method = rng.standard_normal(600), rng.standard_normal(600)
    sign = np.array([1, 1, 1, -1, -1, -1])
    data = factor[:, None] * sign * 0.8 + method[:, None] * (sign < 0) * 0.6 + 0.5 * rng.standard_normal((600, 6))
    frame = pd.DataFrame(data, columns=[f"i{n}" for n in range(1, 7)])
    atlas = build_atlas(parse_spec("f =~ i1 + i2 + i3 + i4 + i5 + i6\n"), frame)
    rows = rows_of(atlas)
    method_rival = rows.loc["method-reversed"]
    assert method_rival["df"] == 6
    by_hand = "f =~ i1 + i2 + i3 + i4 + i5 + i6\nm =~ i4 + i5 + i6\nf ~~ 0*m\n"
    assert method_rival["chisq"] == pytest.approx(fit(by_hand, frame).fit_measures["chisq"], rel=1e-6)
    assert method_rival["relation"] == "contains it"
    split = next(entry for entry in atlas.entries if entry.rival.name == "split-f")
    assert split.rival.change == "f is two factors: i1, i2, i3 | i4, i5, i6"
    assert rows.loc["split-f", "df"] == 8


@pytest.mark.slow
def test_covariances_of_outcomes_stay_when_a_path_is_added():
    """m gets an effect and is no pure outcome any more: lavaan would drop its covariance with the other outcome."""
    model = "f =~ x1 + x2 + x3\nm =~ x4 + x5 + x6\ny =~ x7 + x8 + x9\nz =~ sex + ageyr\nm ~ f\ny ~ f\nz ~ m\n"
    atlas = build_atlas(parse_spec(model), DATA / "hs.csv", families=["structure"])
    for entry in atlas.entries:
        if entry.fit is not None and entry.rival.name.startswith("with"):
            assert len(entry.fit.table.parameters) >= len(atlas.given.table.parameters)
    rows = rows_of(atlas)
    added = [name for name in rows.index if name.startswith(("with-", "partial-"))]
    assert added
    assert all(rows.loc[name, "relation"] in {"contains it", "equivalent", ""} for name in added)


def test_models_without_rivals():
    with pytest.raises(ModelError, match=r"one indicator a factor: f \(x1\); g \(x2\)"):
        build_atlas(parse_spec("f =~ x1\ng =~ x2\n"), DATA / "hs.csv", families=["structure", "measurement"], most=0)
    with pytest.raises(ModelError, match="there are no rivals"):
        build_atlas(parse_spec(BASE), DATA / "hs.csv", families=["structure"])
    with pytest.raises(ModelError, match="blocks"):
        build_atlas(
            parse_spec("group: 1\nf =~ x1 + x2 + x3\ngroup: 2\nf =~ x1 + x2 + x3\n"), DATA / "hs.csv", group="school"
        )


@pytest.mark.slow
def test_a_rival_that_fails_is_a_row():
    frame = pd.read_csv(DATA / "poldem.csv")
    model = "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3\ndem65 =~ y5 + y6 + y7\ndem60 ~ ind60\ndem65 ~ dem60\n"
    rows = rows_of(build_atlas(parse_spec(model), frame, most=0, families=["measurement"]))
    loop = rows.loc["merged-ind60-dem65"]
    assert loop["verdict"] == "not identified"
    assert "not identified" in loop["reason"]
    assert np.isnan(loop["chisq"])


def test_rivals_of_a_spec_that_includes_another(tmp_path):
    (tmp_path / "factors.lav").write_text(BASE)
    (tmp_path / "model.lav").write_text("#' include: factors.lav\ntextual ~ visual\nspeed ~ textual\n")
    atlas = build_atlas(read_spec(tmp_path / "model.lav"), DATA / "hs.csv", families=["structure"])
    require_equal(atlas, {"given": PATHS["given"], "without-visual-textual": PATHS["without-visual-textual"]})
    paths = write_atlas(atlas, tmp_path / "rivals", DATA / "hs.csv")
    rows = rows_of(atlas)
    for path in paths:
        assert fit(path).fit_measures["chisq"] == pytest.approx(rows.loc[path.stem, "chisq"], rel=1e-7)


def test_factors_of_one_item_have_structural_rivals_only():
    """What such an item shares with others is its factor's: no residual covariance and no second loading of it."""
    atlas = build_atlas(parse_spec("f1 =~ x1\nf2 =~ x2\nf3 =~ x3\nf2 ~ f1\nf3 ~ f2\n"), DATA / "hs.csv")
    assert {entry.rival.family for entry in atlas.entries} == {"structure"}
    assert all(entry.fit is not None and entry.fit.certified for entry in atlas.entries)
    path = fit("x2 ~ x1\nx3 ~ x2", DATA / "hs.csv", fixed_x=False)
    assert atlas.given.fit_measures["chisq"] == pytest.approx(path.fit_measures["chisq"], abs=1e-6)


def test_nothing_is_not_a_negative_nothing():
    assert str(PathAnswer(-1e-9, math.nan)) == "0.00 (fixed)"
