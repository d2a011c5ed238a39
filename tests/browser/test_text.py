"""Typing: a model from nothing, a mistake under its word, its fix, names and layout."""

from tests.browser.driving import POLDEM

THREE = "#' data: hs.csv\nvisual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def test_a_model_typed_from_nothing_is_drawn_fitted_and_saved(studio, visit, folder):
    desk = visit(studio())
    assert desk.page.locator("#blank").is_visible()
    desk.type(THREE)
    desk.wait_for_path("speed =~ x9")
    strip = desk.wait_for_fit()
    assert "certified" in strip
    assert "85.306" in strip  # lavaan's χ² of this model
    desk.wait_for_saved()
    assert (folder / "model.lav").read_text(encoding="utf-8").rstrip("\n") == THREE


def test_a_mistake_is_marked_under_its_word_and_its_fix_applied(studio, visit, folder):
    (folder / "model.lav").write_text(POLDEM.replace("dem65 ~ ind60 +", "dem65 ~ ind06 +"), encoding="utf-8")
    desk = visit(studio("model.lav"))
    desk.page.wait_for_selector(".cm-lintRange-error")
    assert desk.page.locator(".cm-lintRange-error").all_inner_texts() == ["ind06"]
    problem = desk.page.locator('#problems li[data-severity="error"]')
    assert "ind06" in problem.inner_text()
    assert "line 11" in problem.inner_text()
    problem.locator(".fix").first.click()
    desk.wait_for_path("dem65 ~ ind60")
    desk.wait_for_saved()
    assert (folder / "model.lav").read_text(encoding="utf-8") == POLDEM
    assert desk.page.locator("#problems li").count() == 0


def test_the_last_good_picture_stays_dimmed_while_the_text_is_broken(studio, visit, folder):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    desk = visit(studio("model.lav"))
    desk.wait_for_path("dem65 ~ dem60")
    desk.put_caret(10)
    desk.page.keyboard.type(" + + ")
    desk.page.wait_for_selector("#drawing[data-old]")
    assert desk.page.locator('#drawing .path[data-path="dem65 ~ dem60"]').count() == 1
    for _ in range(5):
        desk.page.keyboard.press("Backspace")
    desk.wait_for_path("dem65 ~ dem60")


def test_a_name_is_completed_from_the_columns_and_renamed_everywhere(studio, visit, folder):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    desk = visit(studio("model.lav"))
    desk.wait_for_path("dem60 ~ ind60")
    desk.put_caret(18)
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.type("de")
    desk.page.wait_for_selector(".cm-tooltip-autocomplete li")
    offered = desk.page.locator(".cm-tooltip-autocomplete li").all_inner_texts()
    assert any("dem60" in entry for entry in offered)
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Backspace")
    desk.page.keyboard.press("Backspace")
    desk.put_caret(10)
    desk.page.keyboard.press("F2")
    desk.page.locator("dialog input").fill("industry")
    desk.page.locator("dialog button[type=submit]").click()
    desk.wait_for_path("dem65 ~ industry")
    assert "ind60" not in desk.text


def test_hostile_names_and_labels_stay_text(studio, visit, folder):
    label = '"<img src=x onerror=alert(1)><script>alert(2)</script>"'
    header = f"#' title: <b onclick=alert(3)>\n#' data: poldem.csv\n#' diagram:\n#'   labels:\n#'     x1: {label}\n"
    (folder / "model.lav").write_text(f"{header}f =~ x1 + x2 + x3 + <i>x\n", encoding="utf-8")
    desk = visit(studio("model.lav"))
    asked = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    desk.page.wait_for_selector("#problems li")
    desk.put_caret(6)
    for _ in range(7):
        desk.page.keyboard.press("Backspace")
    desk.wait_for_path("f =~ x3")
    inside = "#drawing script, #drawing img, #drawing [onclick], #drawing [onerror], #problems img, #problems i"
    assert desk.page.locator(inside).count() == 0
    assert "<img" in desk.page.locator('#drawing .variable[data-variable="x1"]').inner_html().replace("&lt;", "<")
    assert asked == []
