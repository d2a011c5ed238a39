"""The studio in the frame of a notebook: where it was started for it, and nowhere else."""

import pytest

from tests.browser.driving import POLDEM

NOTEBOOK = "http://localhost:8888"


@pytest.mark.parametrize("frame", [NOTEBOOK, ""], ids=["started for it", "not"])
def test_a_notebook_holds_the_page_where_it_was_started_for_it(browser, studio, folder, frame):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    process = studio("model.lav", *(("--frame", frame) if frame else ()))
    context = browser.new_context(viewport={"width": 1300, "height": 850})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    content = f'<title>notebook</title><iframe src="{process.address}" width="1200" height="700"></iframe>'
    page.route(f"{NOTEBOOK}/*", lambda route: route.fulfill(content_type="text/html", body=content))
    page.goto(f"{NOTEBOOK}/nb")
    held = page.frames[1]
    if frame:
        held.wait_for_selector('#drawing .path[data-path="dem65 ~ dem60"]', state="attached", timeout=60_000)
    else:
        page.wait_for_timeout(500)
        assert held.query_selector("#drawing") is None
    assert faults == []
    context.close()
