"""Who is let in: our own page with its token, from this machine, in bodies of bounded size."""

import pytest

from sem_toolkit import OptionError
from sem_toolkit.studio.guard import HEADERS, LARGEST_BODY, LARGEST_UPLOAD, Door, require_frame
from tests.studio.harness import PORT


def find_code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_our_page_is_let_in(studio):
    answer = studio.client.get("/api/state", headers={"Origin": f"http://127.0.0.1:{PORT}"})
    assert answer.status_code == 200
    assert answer.json()["file"] == "model.lav"


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        f"http://127.0.0.1:{PORT + 1}",
        f"https://127.0.0.1:{PORT}",
        "http://127.0.0.1",
        "",
    ],
)
def test_other_pages_are_refused(studio, origin):
    assert find_code(studio.client.get("/api/state", headers={"Origin": origin})) == (403, "wrong-origin")
    answer = studio.client.post("/api/save", json={"text": "", "version": ""}, headers={"Origin": origin})
    assert find_code(answer) == (403, "wrong-origin")


def test_a_page_that_the_browser_calls_foreign_is_refused(studio):
    for site in ("cross-site", "same-site"):
        answer = studio.client.get("/api/state", headers={"Sec-Fetch-Site": site})
        assert find_code(answer) == (403, "wrong-origin")


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1.evil.example:{PORT}"]
)
def test_other_names_of_this_machine_are_refused(studio, host):
    for address in ("/", "/page/index.html", "/api/state"):
        assert find_code(studio.client.get(address, headers={"Host": host})) == (403, "wrong-host")


@pytest.mark.parametrize("token", ["", "wrong", "a-token-of-this-star", "a-token-of-this-start2"])
def test_without_the_token_nothing_is_told(studio, token):
    assert find_code(studio.client.get("/api/state", headers={"X-Studio-Token": token})) == (403, "missing-token")
    answer = studio.client.post("/api/save", json={"text": "x"}, headers={"X-Studio-Token": token})
    assert find_code(answer) == (403, "missing-token")


def test_the_token_counts_in_its_header_only(studio):
    del studio.client.headers["X-Studio-Token"]
    answer = studio.client.get("/api/state?token=a-token-of-this-start", headers={"Cookie": "X-Studio-Token=a-token"})
    assert find_code(answer) == (403, "missing-token")


def test_a_body_is_refused_by_the_length_that_it_states(studio):
    answer = studio.client.post("/api/save", content=b"{}", headers={"Content-Length": str(LARGEST_BODY + 1)})
    assert find_code(answer) == (413, "too-large")
    answer = studio.client.post("/api/upload?file=a.csv", content=b"a", headers={"Content-Length": str(1 << 30)})
    assert find_code(answer) == (413, "too-large")
    answer = studio.client.post("/api/save", content=b"{}", headers={"Content-Length": "many"})
    assert find_code(answer) == (400, "bad-request")


def test_a_body_without_a_length_is_counted(studio):
    taken = 0

    async def stream():
        nonlocal taken
        for _ in range(1 << 10):
            taken += 1 << 20
            yield b"x" * (1 << 20)

    answer = studio.client.post("/api/save", content=stream())
    assert find_code(answer) == (413, "too-large")
    assert taken <= LARGEST_BODY + (2 << 20)
    assert LARGEST_UPLOAD < 1 << 30


def test_every_answer_forbids_what_is_not_ours(studio):
    for answer in (
        studio.client.get("/"),
        studio.client.get("/api/state"),
        studio.client.get("/page/none.js"),
        studio.client.get("/api/state", headers={"Origin": "http://evil.example"}),
    ):
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_a_notebook_may_show_the_page_in_a_frame_and_no_more():
    door = Door(PORT, "token", "http://localhost:8888")
    policy = door.headers["content-security-policy"]
    closed, opened = "frame-ancestors 'none'", "frame-ancestors http://localhost:8888"
    assert policy == HEADERS["content-security-policy"].replace(closed, opened)
    assert "x-frame-options" not in door.headers
    assert Door(PORT, "token").headers == HEADERS
    host = (b"host", f"127.0.0.1:{PORT}".encode())
    framed = [host, (b"sec-fetch-site", b"cross-site"), (b"sec-fetch-dest", b"iframe")]

    def ask(path, headers, own=door):
        return own.find_fault({"path": path, "headers": headers})

    assert ask("/", framed) is None
    assert ask("/", framed, Door(PORT, "token")) is not None
    assert ask("/api/state", framed) is not None
    assert ask("/page/main.js", framed) is not None
    assert ask("/", [host, (b"sec-fetch-site", b"cross-site"), (b"sec-fetch-dest", b"document")]) is not None
    assert ask("/", [*framed, (b"origin", b"http://localhost:8888")]) is not None


@pytest.mark.parametrize(
    "origin",
    [
        "*", "http://evil.example", "http://localhost.evil.example", "http://localhost:8888/tree", "localhost:8888",
        "http://localhost:8888; script-src *", "http://127.0.0.1:8888\n", "https://127.0.0.11", "'self'",
    ],
)  # fmt: skip
def test_a_frame_is_one_of_this_machine(origin):
    with pytest.raises(OptionError, match="no origin of this machine"):
        require_frame(origin)
