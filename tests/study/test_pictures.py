"""Pictures of the study are drawn from results, and several reconstructions show what the tables leave open."""

from pathlib import Path

import pytest

from sem_toolkit.study.audit import run_audit
from sem_toolkit.study.completions import draw_completions
from sem_toolkit.study.item_search import search_score_items
from sem_toolkit.study.names import build_names
from sem_toolkit.study.pictures import draw_compatible_n, draw_joint_regressions, draw_moment_region
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.recover import recover_sums
from sem_toolkit.study.sensitivity import compare_correlations, compare_joint_regressions

pytestmark = pytest.mark.slow

PUBLISHED = Path(__file__).parents[2] / "data" / "published"
TABLES = read_publication(PUBLISHED).tables
NAMES = build_names(TABLES)


@pytest.fixture(scope="module")
def recovery():
    return recover_sums(TABLES)


@pytest.fixture(scope="module")
def completions(recovery):
    return draw_completions(TABLES, recovery, search_score_items(recovery, TABLES), 12)


def test_joint_regressions_differ_while_printed_coefficients_do_not(completions):
    table = compare_joint_regressions(completions, TABLES).set_index("term")
    assert table.loc["a5", "printed"] == 0.309
    assert (table["highest"] - table["lowest"] > 0.005).all()
    assert table[["positive", "significant"]].stack().between(0, 1).all()
    assert ((table["lowest"] <= table["median"]) & (table["median"] <= table["highest"])).all()


def test_only_correlations_within_a_table_are_fixed(completions):
    table = compare_correlations(completions, TABLES)
    fixed = {(row.first, row.second) for row in table.itertuples() if row.fixed}
    assert fixed == {("TECHMARKET", "RESOURCE"), ("a10", "a11"), ("b9", "b10"), ("b9", "b8"), ("b10", "b8")}


def test_the_sample_sizes_are_drawn():
    figure = draw_compatible_n(run_audit(PUBLISHED), NAMES)
    (axes,) = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[:2] == ["4-1 synergy", "4-2 network, preclinical"]
    assert labels[-1] == "capital, market (text only)"
    assert sum(text.get_text() == "477" for text in axes.texts) == 7
    assert sum(text.get_text() == "n = 77" for text in axes.texts) == 7


def test_the_region_of_mean_and_sd_is_drawn(recovery, tmp_path):
    figure = draw_moment_region(recovery)
    whole, near = figure.axes
    assert whole.get_xlim()[0] < 0.5026 < whole.get_xlim()[1]
    assert near.get_ylim()[0] < 3.649 < near.get_ylim()[1]
    figure.savefig(tmp_path / "region.svg")
    assert (tmp_path / "region.svg").stat().st_size > 10_000


def test_joint_regressions_are_drawn(completions):
    figure = draw_joint_regressions(compare_joint_regressions(completions, TABLES), NAMES)
    labels = [" ".join(label.get_text().split()) for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == 12
    assert labels[2] == "cooperation with research institutes (a5)"
