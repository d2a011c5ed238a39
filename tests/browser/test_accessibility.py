"""The page for who does not see it, or works with keys alone: names, regions, contrast, the order of focus."""

from pathlib import Path

import pytest

from tests.browser.driving import POLDEM

CHECK = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8")

PROBE = """(() => { const probe = document.createElement('div'); probe.id = 'accent-probe';
    probe.style.background = 'var(--accent)'; document.body.append(probe); })()"""
"""An element of the colour that marks what is focused."""


@pytest.fixture
def process(studio, folder):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    (folder / "other.lav").write_text(POLDEM.replace("+ y4 + y6", "+ y4"), encoding="utf-8")
    return studio("model.lav")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_that_is_shown_has_a_name_a_region_and_contrast(process, visit, scheme):
    desk = visit(process, color_scheme=scheme)
    page = desk.page
    page.set_default_timeout(60_000)
    desk.wait_for_path("dem65 ~ dem60")
    desk.wait_for_fit()
    assert page.evaluate(CHECK) == []
    for button in ("#file-button", "#data-button", "#export-button", "#help"):
        page.locator(button).click()
        page.wait_for_timeout(100)
        assert page.evaluate(CHECK) == [], button
        page.keyboard.press("Escape")
    for tab in page.locator("#result-tabs [role=tab]").all():
        tab.click()
        page.wait_for_timeout(100)
        assert page.evaluate(CHECK) == [], tab.inner_text()
    for selector in ('.variable[data-variable="dem60"]', '.path[data-path="dem65 ~ ind60"]'):
        page.locator(f"#drawing {selector}").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#card:not([hidden])")
        assert page.evaluate(CHECK) == [], selector
        page.keyboard.press("Escape")
    desk.put_caret(10)
    page.keyboard.type(" + nothing")
    page.wait_for_selector("#problems li")
    assert page.evaluate(CHECK) == []


def test_the_check_finds_what_is_wrong(process, visit):
    desk = visit(process)
    desk.page.set_default_timeout(60_000)
    desk.wait_for_path("dem65 ~ dem60")
    page = desk.page
    page.evaluate("document.getElementById('export-button').setAttribute('aria-label', 'Menu')")
    page.evaluate("document.getElementById('undo').removeAttribute('aria-label')")
    page.evaluate("document.getElementById('undo').title = ''")
    page.evaluate("document.getElementById('save-state').style.color = '#ccc'")
    page.evaluate("document.body.append('stray')")
    page.evaluate("document.getElementById('divide-text').setAttribute('aria-controls', 'gone')")
    found = "\n".join(page.evaluate(CHECK))
    for word in ('is called "Menu"', "without a name: button#undo", "contrast", "aria-controls of div#divide-text"):
        assert word in found


def test_tab_goes_through_the_page_in_the_order_of_reading_and_focus_is_seen(process, visit):
    desk = visit(process)
    desk.page.set_default_timeout(60_000)
    desk.wait_for_path("dem65 ~ dem60")
    desk.wait_for_fit()
    page = desk.page
    page.evaluate(PROBE)
    page.evaluate("document.activeElement?.blur()")
    order: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.cm-editor')") is not None:
            page.keyboard.press("Escape")  # Tab itself is for the text; Escape and then Tab leaves it
        place = page.evaluate(
            "document.activeElement.closest('header, #text-pane, #picture-pane, #results-pane, nav, .skip')"
            "?.id || document.activeElement.closest('header') && 'header' || document.activeElement.className"
        )
        outline = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            "return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'"
            "|| s.backgroundColor === getComputedStyle(document.getElementById('accent-probe')).backgroundColor"
            "|| document.activeElement.matches('.cm-content, svg *') })()"
        )
        if page.evaluate("document.activeElement !== document.body"):
            assert outline, page.evaluate("document.activeElement.outerHTML").split(">")[0]
        if place and (not order or order[-1] != place):
            order.append(place)
        if place == "results-pane":
            break
    wanted = ["header", "text-pane", "picture-pane", "results-pane"]
    assert [place for place in order if place in wanted] == wanted


FOCUSED = "document.activeElement.dataset.variable"


def _walk(page, variable):
    """Press arrow keys towards a variable of the picture, as who sees it does, and no key twice at one place."""
    away = f"""() => {{
      const [own, other] = [document.activeElement, document.querySelector('[data-variable="{variable}"]')]
        .map((element) => element.getBoundingClientRect());
      return [other.x + other.width / 2 - own.x - own.width / 2, other.y + other.height / 2 - own.y - own.height / 2];
    }}"""
    pressed = set()
    while (place := page.evaluate(FOCUSED)) != variable:
        across, along = page.evaluate(away)
        keys = ["ArrowRight" if across > 0 else "ArrowLeft", "ArrowDown" if along > 0 else "ArrowUp"]
        keys = [key for key in keys if (place, key) not in pressed]
        assert keys, f"arrow keys do not lead from {place} to {variable}"
        pressed.add((place, keys[0]))
        page.keyboard.press(keys[0])


def test_a_model_is_changed_with_keys_alone(process, visit, folder):
    """A path is added, fixed, freed and taken back, and the picture exported; the pointer is never used."""
    desk = visit(process)
    page = desk.page
    page.set_default_timeout(60_000)
    desk.wait_for_path("dem65 ~ dem60")
    desk.wait_for_fit()
    page.evaluate("document.querySelector('#drawing [tabindex=\"0\"]').focus()")
    _walk(page, "ind60")
    page.keyboard.press("c")
    page.keyboard.press("ArrowRight")
    target = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    desk.until(f"document.querySelectorAll('.cm-line').length && [...document.querySelectorAll('.cm-line')]"
               f".some(line => /ind60 ~~ .*{target}|{target} ~~ .*ind60/.test(line.textContent))")  # fmt: skip
    page.keyboard.press("Control+z")
    desk.until("![...document.querySelectorAll('.cm-line')].some(line => line.textContent.includes('ind60 ~~'))")
    desk.wait_for_path("dem65 ~ ind60")
    page.evaluate("document.querySelector('#drawing .path[data-path=\"dem65 ~ ind60\"]').focus()")
    page.keyboard.press("f")
    page.wait_for_selector("dialog[open] input")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    desk.until("[...document.querySelectorAll('.cm-line')].some(line => line.textContent.includes('0.5*ind60'))")
    desk.wait_for_path("dem65 ~ ind60")
    page.evaluate("document.querySelector('#drawing .path[data-path=\"dem65 ~ ind60\"]').focus()")
    page.keyboard.press("e")
    desk.until("![...document.querySelectorAll('.cm-line')].some(line => line.textContent.includes('0.5*'))")
    assert desk.text.rstrip() == POLDEM.rstrip()
    page.evaluate("document.getElementById('export-button').focus()")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=menu]")
    with page.expect_download(timeout=60_000) as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith(".svg")
