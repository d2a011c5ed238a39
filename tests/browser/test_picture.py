"""Deeds in the picture: each becomes one small edit of the text, and is undone with it."""

import pytest

from tests.browser.driving import POLDEM


@pytest.fixture
def desk(studio, visit, folder):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    found = visit(studio("model.lav"))
    found.wait_for_path("dem65 ~ dem60")
    found.wait_for_fit()
    return found


def list_changed_lines(before: str, after: str) -> list[str]:
    """Lines of `after` that `before` has not at their place, for texts that differ in one run of lines."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return new


def test_a_dragged_variable_stays_where_it_is_let_go_and_is_put_back(desk, folder):
    x, y = start = desk.centre("ind60")
    other = desk.centre("dem65")
    desk.drag("ind60", (x + 10, y - 90))
    desk.until(
        "!document.getElementById('undo').disabled && !document.querySelector('#drawing [transform^=translate]')"
    )
    sidecar = folder / "model.layout.toml"
    assert "ind60" in sidecar.read_text(encoding="utf-8")
    # the page keeps the whole picture in sight, so places are compared by what lies between two variables
    after, still = desk.centre("ind60"), desk.centre("dem65")
    by = desk.page.evaluate("document.querySelector('#drawing svg').viewBox.baseVal.width")
    assert by > 0
    assert (after[1] - still[1]) - (start[1] - other[1]) < -50
    assert (folder / "model.lav").read_text(encoding="utf-8") == POLDEM  # the text is not touched
    desk.page.locator("#undo").click()
    desk.until("document.getElementById('undo').disabled")
    desk.until("performance.getEntriesByName('studio-latency').length > 2")
    desk.page.wait_for_timeout(800)
    assert not sidecar.exists()
    back = desk.centre("ind60")
    assert back == pytest.approx(start, abs=1)


def test_a_drawn_covariance_is_one_changed_line_and_undone(desk, folder):
    desk.drag("y1", desk.centre("y3"), key="Alt")
    desk.wait_for_path("y1 ~~ y3")
    assert len(list_changed_lines(POLDEM, desk.text)) == 1
    desk.page.locator("#undo").click()
    desk.page.wait_for_selector('#drawing .path[data-path="y1 ~~ y3"]', state="detached")
    assert desk.text == POLDEM
    desk.page.locator("#redo").click()
    desk.wait_for_path("y1 ~~ y3")
    desk.wait_for_saved()
    assert "# the path of interest" in (folder / "model.lav").read_text(encoding="utf-8")


def test_a_path_is_drawn_with_keys_alone(desk):
    desk.page.locator('#drawing .variable[data-variable="ind60"]').focus()
    desk.page.keyboard.press("p")
    assert "ind60" in desk.page.locator("#hint").inner_text()
    desk.page.locator('#drawing .variable[data-variable="y5"]').focus()
    desk.page.keyboard.press("Enter")
    desk.until("[...document.querySelectorAll('#drawing .path')].some(path => "
                                "/^(ind60 =~ y5|y5 ~ ind60)$/.test(path.dataset.path))")  # fmt: skip
    assert len(list_changed_lines(POLDEM, desk.text)) == 1


def test_a_path_is_chosen_fixed_freed_and_removed(desk):
    desk.page.locator('#drawing .path[data-path="dem65 ~ ind60"]').focus()
    desk.page.keyboard.press("Enter")
    card = desk.page.locator("#card")
    assert "dem65 ~ ind60" in card.inner_text()
    assert "0.572" in card.inner_text()  # lavaan's estimate
    assert desk.page.locator(".cm-term-chosen").inner_text() == "ind60"
    card.get_by_role("button", name="Fix").click()
    desk.page.locator("dialog input").fill("0.5")
    desk.page.locator("dialog button[type=submit]").click()
    desk.until("document.querySelector('.cm-content').textContent.includes('0.5*ind60')")
    assert len(list_changed_lines(POLDEM, desk.text)) == 1
    desk.wait_for_path("dem65 ~ ind60")
    desk.page.locator('#drawing .path[data-path="dem65 ~ ind60"]').focus()
    desk.page.keyboard.press("Delete")
    desk.page.wait_for_selector('#drawing .path[data-path="dem65 ~ ind60"]', state="detached")
    assert "dem65 ~ dem60   # the path of interest" in desk.text


def test_a_modification_index_is_tried_as_a_ghost_before_it_is_kept(desk):
    desk.page.locator("#tab-indices").click()
    desk.page.locator("#result tbody tr").first.click()
    trial = desk.page.locator("#trial")
    trial.wait_for()
    assert "38.125 →" in trial.inner_text()  # lavaan's χ² of the model as it stands
    assert "35 → 34" in trial.inner_text()
    assert desk.page.locator("#drawing .ghost").count() >= 1
    assert desk.text == POLDEM
    trial.get_by_role("button", name="Put away").click()
    desk.page.wait_for_selector("#drawing .ghost", state="detached")
    desk.page.locator("#result tbody tr").first.click()
    trial.get_by_role("button", name="Keep").click()
    desk.until("document.getElementById('strip').textContent.includes('df34')")
    assert len(list_changed_lines(POLDEM, desk.text)) == 1


def test_a_row_of_the_table_shows_its_path_and_term(desk):
    desk.page.locator("#tab-parameters").click()
    desk.page.locator("#result tbody tr", has_text="dem65").filter(has_text="dem60").first.click()
    assert desk.page.locator("#drawing .path.chosen").get_attribute("data-path") == "dem65 ~ dem60"
    assert desk.page.locator(".cm-term-chosen").inner_text() == "dem60"


def test_every_variable_and_path_has_a_name_and_can_be_reached(desk):
    groups = desk.page.locator("#drawing .variable, #drawing .path")
    assert groups.count() == 14 + 11 + 3 + 6
    names = groups.evaluate_all("all => all.map(group => group.getAttribute('aria-label'))")
    assert all(names)
    assert any("standardised 0.885" in name for name in names)
    assert desk.page.locator('#drawing [tabindex="0"]').count() == 1
