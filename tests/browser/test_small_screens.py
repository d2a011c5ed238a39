"""Tablet and phone, light and dark."""

import pytest

from tests.browser.driving import POLDEM


@pytest.fixture
def process(studio, folder):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    return studio("model.lav")


def test_nothing_is_wider_than_the_screen(process, visit):
    for width, height in ((1440, 900), (834, 1112), (390, 844)):
        desk = visit(process, width=width, height=height, has_touch=width < 1000)
        desk.wait_for_path("dem65 ~ dem60")
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
        outside = """[...document.querySelectorAll('.bar button, .pane-switch button')].filter(button =>
            button.offsetParent && button.getBoundingClientRect().right > innerWidth + 1).map(button => button.id)"""
        assert desk.page.evaluate(outside) == []


def test_a_phone_shows_one_part_at_a_time(process, visit):
    desk = visit(process, width=390, height=844, has_touch=True, is_mobile=True)
    desk.wait_for_path("dem65 ~ dem60")
    parts = {"text": "#editor", "picture": "#drawing", "results": "#strip"}
    for name in parts:
        desk.page.locator(f"#pane-switch [data-pane={name}]").tap()
        shown = {other for other, selector in parts.items() if desk.page.locator(selector).is_visible()}
        assert shown == {name}
    desk.page.locator("#pane-switch [data-pane=picture]").tap()
    desk.page.locator('#drawing .variable[data-variable="dem60"]').tap()
    assert "latent variable" in desk.page.locator("#card").inner_text()


def test_the_colours_follow_the_system_until_they_are_switched(process, visit):
    desk = visit(process, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert desk.page.evaluate(ground) == "rgb(18, 19, 20)"
    desk.page.locator("#theme").click()  # as the system → light
    assert desk.page.evaluate(ground) == "rgb(243, 242, 238)"
    desk.page.reload()
    desk.page.wait_for_selector("html[data-ready]")
    assert desk.page.evaluate(ground) == "rgb(243, 242, 238)"
