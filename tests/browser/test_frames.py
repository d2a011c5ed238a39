"""The studio in the frame of a notebook: where it was started for it, and nowhere else."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.driving import POLDEM


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def notebook(tmp_path):
    """Folder and origin of a server that stands for a notebook's."""
    pages = tmp_path / "notebook"
    pages.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(pages)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield pages, f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("is_meant", [True, False], ids=["started for it", "not"])
def test_a_notebook_holds_the_page_where_it_was_started_for_it(browser, studio, folder, notebook, is_meant):
    pages, origin = notebook
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    process = studio("model.lav", *(("--frame", origin) if is_meant else ()))
    (pages / "nb.html").write_text(f'<iframe src="{process.address}" width="1200" height="700"></iframe>')
    context = browser.new_context(viewport={"width": 1300, "height": 850})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(f"{origin}/nb.html")
    held = page.frames[1]
    if is_meant:
        held.wait_for_selector('#drawing .path[data-path="dem65 ~ dem60"]', state="attached", timeout=60_000)
    else:
        page.wait_for_timeout(500)
        assert held.query_selector("#drawing") is None
    assert faults == []
    context.close()
