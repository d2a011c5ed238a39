"""Chromium, a studio in a process of its own, and its page."""

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def pytest_collection_modifyitems(config, items):
    """Everything in this folder is marked `browser`, and passed over where the marker was not asked for."""
    is_asked = "browser" in (config.option.markexpr or "")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            if not is_asked:
                item.add_marker(pytest.mark.skip(reason="make test-browser runs it"))


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        pytest.exit("Playwright is missing: `make test-browser` installs it into .venv", returncode=2)
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.exit("chromium is missing: `apt-get install chromium`, or set CHROMIUM to its path", returncode=2)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def folder(tmp_path):
    """A folder with the data of Political Democracy and of Holzinger and Swineford."""
    from tests.support import DATA

    for name in ("poldem.csv", "hs.csv"):
        shutil.copy(DATA / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def studio(folder):
    """Starts studios in the folder: `studio(*arguments)`; each is ended with the test."""
    from tests.browser.driving import Process

    started: list[Process] = []

    def start(*arguments: str, **settings: object) -> Process:
        started.append(Process(folder, *arguments, **settings))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def visit(browser):
    """Opens pages: `visit(process)`; each has a window of its own, and no error may reach its console."""
    from tests.browser.driving import Desk

    contexts, faults = [], []

    def open_page(process, *, width=1440, height=900, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto(process.address)
        page.wait_for_selector("html[data-ready]")
        return Desk(page)

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
