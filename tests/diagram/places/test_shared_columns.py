"""Long chains of which two ranks share a column."""

from sem_toolkit.diagram.content.graph import build_path_graph
from sem_toolkit.diagram.content.structure import build_structure
from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.diagram.places.shared_columns import share_columns
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import draw_text

ACCEPTANCE = "useful ~ ease\nattitude ~ ease + useful\nintention ~ attitude + useful\nuse ~ intention"


def find_structure(text):
    return build_structure(build_path_graph(build_parameter_table(parse_spec(text), TableOptions(call="sem"))))


def test_only_neighbours_of_a_long_chain_share_a_column_and_its_ends_stand_alone():
    shared = share_columns(find_structure(ACCEPTANCE))
    assert shared.ranks == {"useful": 1, "attitude": 1, "intention": 2, "use": 3, "ease": 0}


def test_a_chain_without_other_paths_does_not_go_up_and_down():
    assert share_columns(find_structure("\n".join(f"f{k} ~ f{k - 1}" for k in range(2, 8)))) is None


def test_short_chains_and_those_without_single_cores_stay():
    assert share_columns(find_structure("m ~ x\ny ~ m")) is None
    pairs = "\n".join(f"{v}{k} ~ a{k - 1} + b{k - 1}" for v in "ab" for k in range(2, 7))
    assert share_columns(find_structure(pairs)) is None


def test_a_chain_that_would_need_smaller_type_shares_columns_and_keeps_its_paths_straight():
    measured = "\n".join(
        f"{name} =~ " + " + ".join(f"{name}{k}" for k in (1, 2, 3))
        for name in ("ease", "useful", "attitude", "intention", "use")
    )
    picture = draw_text(f"{measured}\n{ACCEPTANCE}")
    assert not picture.hits()
    boxes = {node.name: node.box for node in picture.scene.nodes}
    assert abs(boxes["useful"].x - boxes["attitude"].x) < 0.5
    assert boxes["ease"].right < boxes["useful"].left < boxes["useful"].right < boxes["intention"].left
    paths = [edge for edge in picture.scene.edges if edge.role == "regression"]
    assert all(is_straight(edge.curve) for edge in paths)


SATISFACTION = (
    "expectation ~ image\nquality ~ expectation\nvalue ~ expectation + quality\n"
    "satisfaction ~ image + expectation + quality + value\ncomplaints ~ satisfaction\n"
    "loyalty ~ image + satisfaction + complaints"
)


def test_the_first_two_of_a_long_chain_share_a_column_where_the_upper_one_leads_on_and_the_last_two_likewise():
    """As the customer satisfaction index is published (Fornell et al. 1996)."""
    ranks = share_columns(find_structure(SATISFACTION)).ranks
    assert ranks["image"] == ranks["expectation"] < ranks["quality"] == ranks["value"] < ranks["satisfaction"]
    assert ranks["satisfaction"] < ranks["complaints"] == ranks["loyalty"]
