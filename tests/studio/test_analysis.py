"""What the page gets for a text: diagnostics, picture, fit, tables; nothing of it runs in a browser."""

import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from sem_toolkit.diagnostics import EstimationError
from sem_toolkit.studio.analysis import Memory, Question, analyse
from sem_toolkit.studio.folder import Folder
from tests.studio.harness import POLDEM
from tests.support import read_case

ROOT = Path(__file__).parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def memory(studio):
    return Memory(Folder(studio.folder))


def read_svg(text):
    return fromstring(text)  # noqa: S314 - our own writer's


def ask(studio, memory, text, **changes):
    return analyse(Question(text, studio.folder / "model.lav", **changes), memory)[0]


def test_a_text_gets_its_picture_and_its_fit(studio):
    case = read_case("poldem_sem")
    text = f"#' data: poldem.csv\n{case['spec']}\n"
    answer = studio.post("analyse", text=text, sequence=7, page="a", standardized="std.all")
    assert (answer["sequence"], answer["stale"], answer["diagnostics"]) == (7, False, [])
    measures = {entry["name"]: entry["value"] for entry in answer["fit"]["measures"]}
    for name in ("chisq", "df", "cfi", "tli", "rmsea", "srmr"):
        assert measures[name] == pytest.approx(case["fit_measures"][name], abs=1e-4), name
    assert answer["fit"]["certificate"]["certified"] is True
    assert answer["fit"]["n"] == 75
    names = {group.get("data-variable") for group in read_svg(answer["svg"]).iter(f"{SVG}g")} - {None}
    assert names == {node["name"] for node in answer["nodes"]}
    assert {table["name"] for table in answer["tables"]} == {"parameters", "fit_measures", "r2"}
    assert answer["residuals"]["names"] == list(answer["residuals"]["names"])
    assert len(answer["residuals"]["values"]) == 11
    assert answer["indices"][0]["mi"] >= answer["indices"][1]["mi"] > 0


def test_paths_know_their_terms_and_their_estimates(studio, memory):
    text = "# 😀 a wide character\n" + POLDEM
    answer = ask(studio, memory, text)
    units = text.encode("utf-16-le")
    found = {path["id"]: path for path in answer["paths"]}
    typed = found["dem65 ~ dem60"]
    assert units[2 * typed["from"] : 2 * typed["to"]].decode("utf-16-le") == "dem60"
    assert typed["est"] == pytest.approx(0.836, abs=0.001)
    assert (typed["free"], typed["role"], found["ind60 =~ x1"]["fixed"]) == (True, "regression", True)
    drawn = {group.get("data-path") for group in read_svg(answer["svg"]).iter(f"{SVG}g")} - {None}
    assert drawn <= set(found)


def test_a_fault_stands_under_its_word_with_its_repair(studio, memory):
    text = POLDEM.replace("y1 ~~ y5", "y1 ~~ y55")
    answer = ask(studio, memory, text)
    assert answer["svg"] is None
    assert answer["fit"] is None
    [fault] = [entry for entry in answer["diagnostics"] if entry["severity"] == "error"]
    assert text[fault["from"] : fault["to"]] == "y55"
    text = "f = x1 + x2 + x3\n"
    [fault] = [entry for entry in ask(studio, memory, text)["diagnostics"] if entry["severity"] == "error"]
    [fix] = fault["fixes"]
    [edit] = fix["edits"]
    assert text[: edit["from"]] + edit["insert"] + text[edit["to"] :] == "f =~ x1 + x2 + x3\n"


def test_without_data_the_model_is_drawn_as_it_is(studio, memory):
    answer = ask(studio, memory, "f =~ x1 + x2 + x3\n")
    assert answer["fit"] is None
    assert {node["name"]: node["kind"] for node in answer["nodes"]}["f"] == "latent"
    assert answer["picture"]["width"] > 0


def test_a_model_that_is_not_identified_yet_is_drawn(studio, memory):
    answer = ask(studio, memory, "#' data: poldem.csv\nf =~ y1 + y2\n")
    assert {node["name"] for node in answer["nodes"]} == {"f", "y1", "y2"}
    assert answer["fit"] is None
    assert "not-identified" in {entry["code"] for entry in answer["diagnostics"]}


def test_other_data_fit_a_text_that_names_none(studio, memory):
    text = POLDEM.partition("\n")[2]
    assert ask(studio, memory, text)["fit"] is None
    assert ask(studio, memory, text, data=studio.folder / "poldem.csv")["fit"]["n"] == 75


def test_data_that_are_not_there_are_told_beside_the_picture(studio, memory):
    answer = ask(studio, memory, "#' data: none.csv\nf =~ x1 + x2 + x3\n")
    assert answer["svg"] is not None
    assert answer["fit"] is None
    assert any(entry["code"] == "missing-file" for entry in answer["diagnostics"])


@pytest.mark.slow
def test_estimates_do_not_depend_on_the_fit_before(studio, memory):
    rival = POLDEM.replace("dem60   #", "dem60 + x1   #") + "y2 ~~ y6\n"
    ask(studio, memory, rival)
    warm = ask(studio, memory, POLDEM)
    cold = ask(studio, Memory(Folder(studio.folder)), POLDEM)
    numbers = [[path["est"] for path in answer["paths"]] for answer in (warm, cold)]
    assert numbers[0] == pytest.approx(numbers[1], abs=1e-6)


def test_data_that_change_are_read_again(studio, memory):
    assert ask(studio, memory, POLDEM)["fit"]["n"] == 75
    lines = (studio.folder / "poldem.csv").read_text().splitlines(keepends=True)
    (studio.folder / "poldem.csv").write_text("".join(lines[:61]))
    assert ask(studio, memory, POLDEM)["fit"]["n"] == 60


def test_the_picture_is_never_more_than_a_picture(studio, memory):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    text = (
        f"#' title: '{evil}'\n#' diagram:\n#'   labels:\n#'     x1: '{evil}'\n"
        f"#'     ind60: '\"><svg onload=alert(3)>'\n"
        f"#'   stages:\n#'     '{evil}': [ind60]\n{POLDEM}"
    )
    for misfit in (False, True):
        answer = ask(studio, memory, text, misfit=misfit, style={"title": True, "caption": True})
        root = read_svg(answer["svg"])
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        allowed = {"svg", "title", "desc", "defs", "marker", "path", "rect", "ellipse", "polygon", "g", "text"}
        assert tags <= allowed
        names = {name for element in root.iter() for name in element.attrib}
        assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
        assert "<script" not in answer["svg"]
        assert "<img" not in answer["svg"]


def test_answers_of_hostile_texts_are_json(studio):
    for text in ("\x00", "\ud800 ~ x", "<script>", "f =~ " + "x" * 5000, "#' title: [", "y ~ x\n" * 300):
        call = json.dumps({"text": text, "sequence": 1, "page": "a"})
        answer = studio.client.post("/api/analyse", content=call.encode())
        assert answer.status_code == 200, text[:20]
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["fit"] is None


def test_misfit_adds_candidates(studio, memory):
    answer = ask(studio, memory, POLDEM, misfit=True)
    candidates = [path for path in answer["paths"] if path["candidate"]]
    largest = answer["indices"][0]
    assert (largest["lhs"], largest["op"], largest["rhs"]) in {(p["lhs"], p["op"], p["rhs"]) for p in candidates}


def test_hints_that_cannot_be_followed_leave_the_picture(studio, memory):
    answer = ask(studio, memory, f"#' diagram: {{stages: {{Now: [nobody]}}}}\n{POLDEM}")
    assert answer["svg"] is not None
    assert any("nobody" in entry["message"] for entry in answer["diagnostics"])


def test_settings_that_there_are_not_are_told(studio, memory):
    for style in ({"theme": "loud"}, {"nothing": 1}, {"digits": "many"}):
        answer = ask(studio, memory, POLDEM, style=style)
        assert any(entry["severity"] == "error" for entry in answer["diagnostics"])
    assert "#000000" in ask(studio, memory, POLDEM, style={"theme": "print"})["svg"]


def test_places_of_variables_that_are_gone_do_not_stop_the_picture(studio, memory):
    (studio.folder / "model.layout.toml").write_text("[positions]\nind60 = [50, 60]\ngone = [1, 1]\n")
    answer = ask(studio, memory, POLDEM)
    assert answer["svg"] is not None
    (studio.folder / "model.layout.toml").write_text("[positions")
    answer = ask(studio, memory, POLDEM)
    assert answer["svg"] is not None
    assert any(entry["severity"] == "error" for entry in answer["diagnostics"])


def test_pins_of_every_kind_are_followed_as_by_the_command(studio, memory):
    def find_places(answer):
        return {node["name"]: (node["x"], node["y"]) for node in answer["nodes"]}

    layout = studio.folder / "model.layout.toml"
    plain = ask(studio, memory, POLDEM)
    layout.write_text('[sides]\ndem60 = "top"\ndem65 = "top"\n')
    above = find_places(ask(studio, memory, POLDEM))
    assert all(above[f"y{k}"][1] < above["dem60"][1] for k in range(1, 5))
    layout.write_text('[relations]\nsame-column = [["dem60", "dem65"]]\n')
    related = find_places(ask(studio, memory, POLDEM))
    assert related["dem60"][0] == pytest.approx(related["dem65"][0], abs=0.01)
    layout.write_text('[numbers]\n"dem65 ~ dem60" = 0.9\n')
    assert ask(studio, memory, POLDEM)["svg"] != plain["svg"]
    layout.write_text('[arcs]\n"y1 ~~ y5" = "left"\n"y1 ~~ y55" = "left"\n')
    answer = ask(studio, memory, POLDEM)
    assert answer["svg"] is not None
    [told] = answer["diagnostics"]
    assert (told["severity"], "y1 ~~ y55" in told["message"]) == ("warning", True)


@pytest.mark.slow
def test_a_rival_is_drawn_over_the_text(studio):
    (studio.folder / "rival.lav").write_text(POLDEM + "y2 ~~ y6\n")
    plain = studio.post("analyse", text=POLDEM, sequence=1, page="a")
    over = studio.post("analyse", text=POLDEM, sequence=2, page="a", rival="rival.lav")
    assert "y2 ~~ y6" in over["svg"]
    assert "y2 ~~ y6" not in plain["svg"]


@pytest.mark.slow
def test_groups_are_drawn_one_by_one(studio, memory):
    lines = (studio.folder / "poldem.csv").read_text().splitlines()
    rows = [lines[0] + ",half", *(f"{line},{'early' if k % 2 else 'late'}" for k, line in enumerate(lines[1:]))]
    (studio.folder / "halves.csv").write_text("\n".join(rows))
    text = "#' data: halves.csv\n#' options: {group: half}\nf =~ y1 + y2 + y3 + y4\n"
    first, second = (ask(studio, memory, text, group=number) for number in (1, 2))
    assert [group["label"] for group in first["fit"]["groups"]] == ["late", "early"]
    estimates = [[path["est"] for path in answer["paths"] if path["free"]] for answer in (first, second)]
    assert estimates[0] != pytest.approx(estimates[1])
    assert ask(studio, memory, text, group=99)["svg"] == second["svg"]


@pytest.mark.slow
def test_a_hurried_picture_is_a_draft_where_something_is_hit():
    memory = Memory(Folder(ROOT))
    path = ROOT / "model_specs" / "research_model.lav"
    text = path.read_text(encoding="utf-8")
    plain, _ = analyse(Question(text, path, hurry=True), memory)
    assert plain["draft"] is False
    crowded = text.replace("success ~ synergy", "synergy ~ competition\nsuccess ~ synergy")
    draft, _ = analyse(Question(crowded, path, hurry=True), memory)
    final, _ = analyse(Question(crowded, path), memory)
    assert (draft["draft"], final["draft"]) == (True, False)
    assert [path["est"] for path in draft["paths"]] == [path["est"] for path in final["paths"]]
    assert draft["svg"] != final["svg"]


def test_a_picture_that_nobody_waits_for_is_given_up(studio, memory):
    ask(studio, memory, POLDEM)  # the fit is known, so that only the picture can hear it
    with pytest.raises(EstimationError, match="nobody waits"):
        analyse(Question(POLDEM, studio.folder / "model.lav"), memory, lambda _: False)
