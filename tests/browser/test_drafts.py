"""A picture in which something is hit is shown at once, and made anew when nothing is typed."""

import shutil

from tests.browser.driving import ROOT

ANSWERS = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('/api/analyse'))"


def test_a_draft_is_followed_by_a_better_picture(studio, visit, folder):
    for part in ("model_specs", "data"):
        shutil.copytree(ROOT / part, folder / part)
    path = folder / "model_specs" / "research_model.lav"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("success ~ synergy", "synergy ~ competition\nsuccess ~ synergy"), encoding="utf-8")
    desk = visit(studio("model_specs/research_model.lav"))
    desk.wait_for_fit()
    desk.until(f"{ANSWERS}.length >= 2")  # the first picture and the better one
    asked = []
    desk.page.on("request", lambda sent: asked.append(sent.post_data_json) if sent.url.endswith("/analyse") else None)
    with desk.page.expect_response(
        lambda got: got.url.endswith("/analyse") and not got.request.post_data_json["hurry"]
    ):
        desk.put_caret(1)
        desk.page.keyboard.insert_text(" ")
    desk.page.wait_for_timeout(1500)
    assert [call["hurry"] for call in asked] == [True, False]
    assert asked[0]["text"] == asked[1]["text"]
    assert asked[0]["sequence"] < asked[1]["sequence"]
