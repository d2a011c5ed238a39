"""Nothing typed is lost: two pages on one file, and a server that is killed."""

import pytest

from tests.browser.driving import POLDEM


@pytest.fixture
def spec(folder):
    path = folder / "model.lav"
    path.write_text(POLDEM, encoding="utf-8")
    return path


def test_two_pages_on_one_file_do_not_overwrite_each_other(studio, visit, spec):
    process = studio("model.lav")
    first, second = visit(process), visit(process)
    first.wait_for_path("dem65 ~ dem60")
    second.wait_for_path("dem65 ~ dem60")
    # the second page hears nothing of the first while it cannot poll
    second.page.route("**/api/state*", lambda route: route.fulfill(status=503, body="{}"))
    first.put_caret(4)
    first.page.keyboard.type(", of the first page")
    first.wait_for_saved()
    second.put_caret(9)
    second.page.keyboard.type(", of the second page")
    second.page.wait_for_selector('#save-state[data-state="conflict"]')
    assert "second" not in spec.read_text(encoding="utf-8")
    second.page.locator("#settle").click()
    shown = second.page.locator("dialog .only").all_inner_texts()
    assert shown[0] == "# measurement model"
    assert "# measurement model, of the first page" in shown
    second.page.locator("dialog").get_by_role("button", name="Keep mine").click()
    second.wait_for_saved()
    kept = spec.read_text(encoding="utf-8")
    assert "second page" in kept
    assert "first page" not in kept
    second.page.locator("#undo").click()  # the other text is one step back
    second.until("document.querySelector('.cm-content').textContent.includes('of the first page')")
    second.page.locator("#redo").click()
    second.wait_for_saved()
    first.until("document.querySelector('.cm-content').textContent.includes('second page')")


def test_a_change_by_another_editor_is_shown(studio, visit, spec):
    desk = visit(studio("model.lav"))
    desk.wait_for_path("dem65 ~ dem60")
    spec.write_text(POLDEM.replace("y6 ~~ y8\n", ""), encoding="utf-8")
    desk.page.wait_for_selector('#drawing .path[data-path="y6 ~~ y8"]', state="detached")
    desk.page.locator("#undo").click()  # the text before is in the history
    desk.wait_for_path("y6 ~~ y8")


def test_a_page_goes_on_after_the_server_was_killed(studio, visit, spec):
    process = studio("model.lav")
    desk = visit(process)
    desk.wait_for_path("dem65 ~ dem60")
    port = process.port
    process.kill()
    desk.put_caret(4)
    desk.page.keyboard.type(", typed while it was away")
    desk.page.wait_for_selector('#save-state[data-state="lost"]')
    assert "does not answer" in desk.page.locator("#notice").inner_text()
    studio("model.lav", port=port)
    desk.wait_for_saved()
    assert "Connected again" in desk.page.locator("#notice").inner_text()
    assert "typed while it was away" in spec.read_text(encoding="utf-8")
    desk.page.reload()
    desk.page.wait_for_selector("html[data-ready]")
    desk.wait_for_path("dem65 ~ dem60")
    assert "typed while it was away" in desk.text


def test_the_token_leaves_the_address(studio, visit, spec):
    desk = visit(studio("model.lav"))
    assert "token" not in desk.page.url
