"""Every call of the interface, as a page makes it."""

import io
import zipfile

import pytest

from sem_toolkit.diagram import read_layout
from sem_toolkit.fit import fit
from tests.studio.harness import POLDEM


def make(text, edits):
    """The text with edits in units of UTF-16 made."""
    units, shift = text.encode("utf-16-le"), 0
    for edit in sorted(edits, key=lambda entry: entry["from"]):
        insert = edit["insert"].encode("utf-16-le")
        units = units[: 2 * edit["from"] + shift] + insert + units[2 * edit["to"] + shift :]
        shift += len(insert) - 2 * (edit["to"] - edit["from"])
    return units.decode("utf-16-le")


def test_completion_knows_names_and_columns(studio):
    text = POLDEM + "y8 ~~ y"
    found = studio.post("complete", text=text, offset=len(text), page="a")
    assert found["from"] == len(text) - 1
    assert {"y4", "dem60"} <= {item["label"] for item in found["items"]}


def test_hover_tells_the_estimate_after_a_fit(studio):
    offset = POLDEM.index("dem60   #")
    assert "estimate" not in studio.post("hover", text=POLDEM, offset=offset, page="a")["markdown"]
    studio.post("analyse", text=POLDEM, sequence=1, page="a")
    told = studio.post("hover", text=POLDEM, offset=offset, page="a")
    assert POLDEM[told["from"] : told["to"]] == "dem60"
    assert "estimate 0.836, se 0.098" in told["markdown"]
    # A page that was shown nothing, or another text, is told no estimates.
    assert "estimate" not in studio.post("hover", text=POLDEM, offset=offset, page="b")["markdown"]
    assert "estimate" not in studio.post("hover", text=POLDEM + "y4 ~~ y8", offset=offset, page="a")["markdown"]
    assert studio.post("hover", text="# x\n", offset=0, page="a") is None


def test_formatting_and_renaming_are_edits(studio):
    text = "# 😀\nf=~x1+x2 + x3\ny~f\n"
    laid_out = make(text, studio.post("format", text=text)["edits"])
    assert laid_out == "# 😀\nf =~ x1 + x2 + x3\ny ~ f\n"
    offset = len("# 😀\n".encode("utf-16-le")) // 2
    renamed = make(text, studio.post("rename", text=text, offset=offset, name="g")["edits"])
    assert renamed == "# 😀\ng=~x1+x2 + x3\ny~g\n"
    answer = studio.client.post("/api/rename", json={"text": text, "offset": offset, "name": "y"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid-name")


def test_colours_cover_what_they_name(studio):
    tokens = studio.post("tokens", text="f =~ x1 # c")["tokens"]
    assert [(token["from"], token["to"], token["kind"]) for token in tokens] == [
        (0, 1, "class"), (2, 4, "operator"), (5, 7, "variable"), (8, 11, "comment")
    ]  # fmt: skip


@pytest.mark.parametrize("call", [{}, {"text": 3}, {"text": None}, {"text": ["x"]}])
def test_a_call_without_a_text_is_refused(studio, call):
    for name in ("analyse", "complete", "hover", "format", "rename", "tokens", "edit", "try", "export", "save"):
        answer = studio.client.post(f"/api/{name}", json=call)
        assert answer.status_code == 400, name


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_record_is_refused(studio, body):
    answer = studio.client.post("/api/analyse", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")


def test_a_call_that_there_is_not_is_refused(studio):
    assert studio.client.post("/api/nothing", json={}).status_code == 404
    assert studio.client.get("/api/save").status_code == 404


def test_a_path_that_is_drawn_changes_one_line(studio):
    text = "# 😀\n" + POLDEM
    found = studio.post("edit", text=text, action={"kind": "add_covariance", "a": "y2", "b": "y6"})
    assert found["text"] == text + "y2 ~~ y6\n"
    assert make(text, found["edits"]) == found["text"]
    assert len(found["edits"]) == 1
    found = studio.post("edit", text=text, action={"kind": "add_path", "from": "x1", "to": "dem65", "op": "~"})
    assert found["text"] == text.replace("dem60   #", "dem60 + x1   #")
    answer = studio.client.post(
        "/api/edit", json={"text": text, "action": {"kind": "add_path", "from": "x", "to": "dem65"}}
    )
    assert answer.status_code == 400
    assert "x" in answer.json()["error"]["message"]
    assert studio.client.post("/api/edit", json={"text": text, "action": "draw"}).status_code == 400


def test_a_marker_is_freed_even_where_the_model_is_then_not_identified(studio):
    found = studio.post("edit", text=POLDEM, action={"kind": "free", "lhs": "ind60", "op": "=~", "rhs": "x1"})
    assert "ind60 =~ NA*x1 + x2 + x3" in found["text"]


def test_a_move_is_kept_and_taken_back(studio):
    sidecar = studio.folder / "model.layout.toml"
    before = studio.post("analyse", text=POLDEM, sequence=1, page="a")
    assert studio.post("layout", moves=None, page="a") == {"before": {}, "pins": {}}
    assert not sidecar.exists()
    answer = studio.post("layout", moves=[{"node": "dem60", "x": 250.0, "y": 300.5}], page="a", text=POLDEM)
    assert answer["before"] == {"positions": {}}
    moved = answer["pins"]["positions"]
    assert read_layout(sidecar).positions["dem60"] == (250.0, 300.5)
    # The others stay where they were shown.
    shown = {node["name"]: (node["x"], node["y"]) for node in before["nodes"]}
    assert moved["ind60"] == pytest.approx(shown["ind60"])
    after = studio.post("analyse", text=POLDEM, sequence=2, page="a")
    places = {node["name"]: (node["x"], node["y"]) for node in after["nodes"]}
    distance = [(places[name][axis] - places["ind60"][axis]) for name in ("dem60",) for axis in (0, 1)]
    wanted = [250.0 - shown["ind60"][0], 300.5 - shown["ind60"][1]]
    assert distance == pytest.approx(wanted, abs=0.2)
    assert studio.post("layout", pins={"positions": {}}, page="a")["pins"] == {"positions": {}}
    assert not sidecar.exists()
    assert studio.post("layout", pins={"positions": moved}, page="a")["pins"] == {"positions": moved}
    renamed = studio.post("edit", text=POLDEM, action={"kind": "rename", "name": "dem60", "new": "d60"}, page="a")
    assert renamed["pins"]["positions"]["d60"] == [250.0, 300.5]
    assert "dem60" not in renamed["pins"]["positions"]


PINNED = """\
# by hand
[sides]
dem65 = "bottom"   # of the page
[positions]
x1 = [10, 20.5]  # stays
dem60 = [1, 2]
gone = [3, 4]

[numbers]
"dem65 ~ dem60" = 0.3
[relations]
same-row = [["dem60", "dem65"]]
"""


def test_a_move_leaves_all_else_of_the_layout_as_it_was_typed(studio):
    sidecar = studio.folder / "model.layout.toml"
    sidecar.write_text(PINNED)
    made = studio.post("layout", moves=[{"node": "dem60", "x": 7, "y": 8}], text=POLDEM)
    moved = PINNED.replace("dem60 = [1, 2]", "dem60 = [7.0, 8.0]").replace("gone = [3, 4]\n", "")
    assert sidecar.read_text() == moved
    studio.post("layout", pins=made["before"])
    assert sidecar.read_text() == PINNED.replace("[1, 2]", "[1.0, 2.0]").replace("gone = [3, 4]", '"gone" = [3.0, 4.0]')
    studio.post("layout", pins={"positions": {}})
    assert "# by hand\n[sides]\n" in sidecar.read_text()
    assert read_layout(sidecar).relations == {"same-row": (("dem60", "dem65"),)}


def test_a_new_name_reaches_all_of_the_layout(studio):
    sidecar = studio.folder / "model.layout.toml"
    sidecar.write_text(PINNED)
    action = {"kind": "rename", "name": "dem60", "new": "d60"}
    pins = studio.post("edit", text=POLDEM, action=action)["pins"]
    before = read_layout(sidecar)
    made = studio.post("layout", pins=pins)
    after = read_layout(sidecar)
    assert after.relations == {"same-row": (("d60", "dem65"),)}
    assert after.numbers == {"dem65 ~ d60": 0.3}
    assert after.sides == before.sides
    renamed = PINNED.replace("dem60 =", '"d60" =').replace("~ dem60", "~ d60").replace('"dem60", ', '"d60", ')
    assert sidecar.read_text() == renamed
    studio.post("layout", pins=made["before"])
    assert read_layout(sidecar) == before
    assert sidecar.read_text() == PINNED.replace("dem60 =", '"dem60" =')


def test_a_name_in_comments_of_the_layout_stays(studio):
    sidecar = studio.folder / "model.layout.toml"
    sidecar.write_text(
        "# dem60 = [0, 0]\n[positions]\n'dem60' = [1, 2]  # \"dem60\" isn't [far]\n"
        "[relations]  # of dem60\nsame-row = [\n  ['dem60', \"dem65\"],  # 'dem60' first\n]\n"
    )
    before = sidecar.read_text()
    studio.post("layout", pins={"positions": {"d60": [1, 2]}, "relations": {"same-row": [["d60", "dem65"]]}})
    assert sidecar.read_text() == before.replace("'dem60' =", '"d60" =').replace("['dem60'", '["d60"')


def test_a_move_that_a_relation_overrules_is_told(studio):
    (studio.folder / "model.layout.toml").write_text(PINNED)
    moves = [{"node": "dem65", "x": 7, "y": 8}]
    told = studio.post("layout", moves=moves, text=POLDEM)["message"]
    assert told == "model.layout.toml keeps same-row of dem60, dem65: that comes before where dem65 was put"
    assert "message" not in studio.post("layout", moves=[{"node": "x1", "x": 7, "y": 8}], text=POLDEM)


def test_a_layout_that_is_none_is_not_written_over(studio):
    sidecar = studio.folder / "model.layout.toml"
    sidecar.write_text("[positions")
    assert studio.client.post("/api/layout", json={"moves": [{"node": "x1", "x": 1, "y": 2}]}).status_code == 400
    assert sidecar.read_text() == "[positions"


@pytest.mark.parametrize(
    "call",
    [
        {"moves": [{"node": "x1", "x": "1", "y": 2}]},
        {"moves": [{"node": "x1", "x": 1e9, "y": 2}]},
        {"moves": [{"node": "x\n1", "x": 1, "y": 2}]},
        {"moves": [{"node": 3, "x": 1, "y": 2}]},
        {"moves": {"x1": [1, 2]}},
        {"pins": [1]},
        {"pins": {"places": {}}},
        {"pins": {"positions": [1]}},
        {"pins": {"positions": {"x1": [1, True]}}},
        {"pins": {"positions": {"x1": [1, 2, 3]}}},
        {"pins": {"positions": {f"x{k}": [1, 2] for k in range(2000)}}},
        {"pins": {"sides": {"f": ["left"]}}},
        {"pins": {"numbers": {"y ~ x": 7}}},
        {"pins": {"relations": {"same-row": [["a"]]}}},
    ],
    ids=lambda call: str(call)[:40],
)
def test_places_that_are_none_are_refused(studio, call):
    assert studio.client.post("/api/layout", json=call).status_code == 400
    assert not (studio.folder / "model.layout.toml").exists()


def test_a_layout_that_is_a_link_to_elsewhere_is_not_written(studio, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "kept.toml"
    outside.write_text("kept")
    (studio.folder / "model.layout.toml").symlink_to(outside)
    for call in ({"moves": [{"node": "x1", "x": 1, "y": 2}]}, {"pins": {"positions": {}}},
                 {"pins": {"positions": {"x1": [1, 2]}}}):  # fmt: skip
        assert studio.client.post("/api/layout", json=call).status_code == 400
    assert outside.read_text() == "kept"


@pytest.mark.slow
def test_a_change_is_tried_before_it_is_made(studio):
    action = {"kind": "add_covariance", "a": "y2", "b": "y6"}
    found = studio.post("try", text=POLDEM, action=action, page="a")
    data = studio.folder / "poldem.csv"
    before, after = (fit(text, data, engine="native").fit_measures for text in (POLDEM, POLDEM + "y2 ~~ y6\n"))
    assert found["chisq_before"] == pytest.approx(before["chisq"], abs=1e-5)
    assert found["chisq"] == pytest.approx(after["chisq"], abs=1e-5)
    assert (found["df_before"], found["df"], found["difference_df"]) == (before["df"], before["df"] - 1, 1)
    assert found["difference"] == pytest.approx(before["chisq"] - after["chisq"], abs=1e-5)
    assert 0 < found["p"] < 0.01
    assert 'data-path="y2 ~~ y6"' in found["svg"]
    assert (studio.folder / "model.lav").read_text() == POLDEM
    answer = studio.client.post("/api/try", json={"text": "f =~ y1 + y2 + y3", "action": action, "page": "a"})
    assert answer.status_code == 400


STARTS = {
    "svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "dot": b"digraph", "tex": b"\\documentclass",
    "pptx": b"PK", "docx": b"PK", "drawio": b"<?xml",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ending", STARTS)
def test_a_picture_is_exported_in_every_format(studio, ending):
    if ending in ("pptx", "docx"):
        pytest.importorskip(ending)
    answer = studio.client.post("/api/export", json={"text": POLDEM, "what": "diagram", "format": ending, "page": "a"})
    assert answer.status_code == 200
    assert answer.content.startswith(STARTS[ending])
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''model.{ending}"
    assert answer.headers["content-type"] not in ("text/html", "image/svg+xml")


@pytest.mark.slow
def test_reports_tables_and_the_text_are_exported(studio):
    def export(**call):
        answer = studio.client.post("/api/export", json={"text": POLDEM, "page": "a", **call})
        assert answer.status_code == 200, answer.text
        return answer.content

    assert b"JARS" in export(what="report", format="html")
    assert export(what="report", format="md").startswith(b"# model\n")
    table = export(what="table", format="csv").decode("utf-8-sig").splitlines()
    assert table[0].startswith("lhs,op,rhs")
    assert len(export(what="table", format="csv", table="reliability").splitlines()) == 4
    assert zipfile.is_zipfile(io.BytesIO(export(what="table", format="xlsx")))
    assert export(what="spec", format="lav") == POLDEM.encode()


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"what": "diagram", "format": "exe"}, "unknown-format"),
        ({"what": "diagram", "format": "../../x.svg"}, "unknown-format"),
        ({"what": "report", "format": "exe"}, "unknown-format"),
        ({"what": "table", "format": "csv", "table": "none"}, "unknown-table"),
        ({"what": "everything", "format": "zip"}, "unknown-format"),
        ({"what": "report", "format": "html", "text": "f =~ x1 + x2 + x3"}, "no-data"),
    ],
)
def test_what_cannot_be_exported_is_refused(studio, call, code):
    answer = studio.client.post("/api/export", json={"text": POLDEM, "page": "a"} | call)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.slow
def test_rivals_are_compared(studio):
    (studio.folder / "rival.lav").write_text(POLDEM.replace("dem65 ~ ind60 + dem60", "dem65 ~ dem60"))
    answer = studio.client.get("/api/compare?files=model.lav,rival.lav")
    found = answer.json()
    tables = {table["name"]: table for table in found["tables"]}
    names = [column["name"] for column in tables["comparison"]["columns"]]
    df = [row[names.index("df")] for row in tables["comparison"]["rows"]]
    assert df == [40, 41]
    assert found["svg"].startswith("<?xml")
    for files in ("model.lav", "model.lav,none.lav", "model.lav,../x.lav", ""):
        assert studio.client.get(f"/api/compare?files={files}").status_code in (400, 404)


def test_a_rival_cannot_read_outside(studio, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text((studio.folder / "poldem.csv").read_text())
    (studio.folder / "rival.lav").write_text(POLDEM.replace("poldem.csv", str(outside)))
    answer = studio.client.get("/api/compare?files=model.lav,rival.lav")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "outside-folder")
    answer = studio.post("analyse", text=POLDEM, sequence=2, page="a", rival="rival.lav")
    assert "outside-folder" in {entry["code"] for entry in answer["diagnostics"]}


def test_data_are_brought_and_never_over_others(studio):
    content = b"a,b\n1,2\n2,3\n4,4\n"
    for wanted, kept in (("new.csv", "new.csv"), ("new.csv", "new-2.csv"), ("../../poldem.csv", "poldem-2.csv")):
        answer = studio.client.post("/api/upload", params={"file": wanted}, content=content)
        assert answer.json() == {"file": kept, "data_columns": ["a", "b"], "rows": 3}
        assert (studio.folder / kept).read_bytes() == content
    assert studio.client.get("/api/state").json()["datasets"] == ["new-2.csv", "new.csv", "poldem-2.csv", "poldem.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.html", b"<script>"), ("x.lav", b"y ~ x"), ("x", b"a"), ("", b"a"), (".csv", b"a,b\n1,2"), ("..", b"a"),
        ("x.csv", b"\x00\x01" * 50), ("x.xlsx", b"PK no workbook"), ("x.csv", b""),
    ],
)  # fmt: skip
def test_what_is_no_data_is_not_kept(studio, name, content):
    answer = studio.client.post("/api/upload", params={"file": name}, content=content)
    assert answer.status_code == 400, answer.text
    assert sorted(path.name for path in studio.folder.iterdir()) == ["model.lav", "poldem.csv"]


def test_an_upload_that_goes_on_too_long_leaves_nothing(studio, monkeypatch):
    monkeypatch.setattr("sem_toolkit.studio.guard.LARGEST_UPLOAD", 3 << 20)

    async def stream():
        for _ in range(1024):
            yield b"1,2\n" * (1 << 18)

    answer = studio.client.post("/api/upload", params={"file": "x.csv"}, content=stream())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too-large")
    assert sorted(path.name for path in studio.folder.iterdir()) == ["model.lav", "poldem.csv"]


def test_the_journal_tells_what_was_typed(studio):
    version = studio.client.get("/api/state").json()["version"]
    for number in range(3):
        version = studio.post("save", text=f"y ~ x{number}\n", version=version, page="a")["version"]
    states = studio.post("journal")["states"]
    assert [state["text"] for state in states] == ["y ~ x2\n", "y ~ x1\n", "y ~ x0\n"]


def test_data_are_chosen_for_texts_that_name_none(studio):
    assert studio.post("data", file="poldem.csv")["data_columns"][:2] == ["y1", "y2"]
    answer = studio.post("analyse", text=POLDEM.partition("\n")[2], sequence=1, page="a")
    assert answer["fit"]["n"] == 75
    for name in ("../x.csv", "none.csv", "model.lav"):
        assert studio.client.post("/api/data", json={"file": name}).status_code in (400, 404)
    assert studio.post("data", file=None) == {"data": None, "data_columns": []}


def test_an_action_in_a_picture_of_a_block_changes_that_block(studio):
    text = "level: within\n  fw =~ x1 + x2 + x3\nlevel: between\n  fb =~ x1 + x2 + x3\n"
    answers = [studio.post("analyse", text=text, sequence=k, page="a", group=k) for k in (1, 2)]
    assert [[part["label"] for part in answer["parts"]] for answer in answers] == [["within", "between"]] * 2
    assert [answer["block"] for answer in answers] == [1, 2]
    assert [{node["name"] for node in answer["nodes"]} & {"fw", "fb"} for answer in answers] == [{"fw"}, {"fb"}]
    action = {"kind": "add_covariance", "a": "x1", "b": "x2"}
    for block, after in ((1, "fw"), (2, "fb")):
        line = f"  {after} =~ x1 + x2 + x3\n"
        made = studio.post("edit", text=text, action={**action, "block": block})["text"]
        assert made == text.replace(line, f"{line}  x1 ~~ x2\n")
    assert studio.client.post("/api/edit", json={"text": text, "action": {**action, "block": 3}}).status_code == 400
    plain = studio.post("analyse", text=POLDEM, sequence=3, page="a", group=2)
    assert (plain["parts"], plain["block"], plain["group"]) == ([], 0, 1)
