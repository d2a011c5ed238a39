"""A studio's process, and its page as a user handles it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
COMMAND = "from sem_toolkit.cli import main; main()"
POLDEM = """\
#' title: Political Democracy
#' data: poldem.csv

# measurement model
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8

# regressions
dem60 ~ ind60
dem65 ~ ind60 + dem60   # the path of interest

# residual correlations
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
"""


class Process:
    """One run of `sem-toolkit studio`; `address` is what it printed."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0) -> None:
        call = [sys.executable, "-c", COMMAND, "studio", *arguments, "--no-browser", "--port", str(port)]
        paths = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
        environment = os.environ | {"PYTHONPATH": paths, "XDG_STATE_HOME": str(folder / ".state")}
        # a group of its own: its workers end with it, however it ends
        self._own = subprocess.Popen(
            call, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._own.stdout is not None
        self.address = self._own.stdout.readline().strip()

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].split("/")[0])

    def kill(self) -> None:
        """End it at once, without a chance to write anything."""
        if self._own.poll() is None:
            os.killpg(self._own.pid, signal.SIGKILL)
        self._own.wait(20)
        self._own.stdout.close()


class Desk:
    """The page: text, picture and results."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(20_000)

    @property
    def text(self) -> str:
        """The text in the editor."""
        lines = self.page.evaluate("[...document.querySelectorAll('.cm-line')].map(line => line.textContent)")
        return "\n".join(lines)

    def type(self, text: str) -> None:
        """Type at the end of the text, as fingers do: brackets and completions included."""
        self.page.locator(".cm-content").click()
        self.page.keyboard.press("Control+End")
        for line in text.split("\n"):
            self.page.keyboard.insert_text(line)
            self.page.keyboard.press("Escape")
            self.page.keyboard.press("Enter")

    def put_caret(self, line: int) -> None:
        """The caret at the end of a line, from 1."""
        self.page.locator(".cm-content").click()
        self.page.evaluate(f"getSelection().selectAllChildren(document.querySelectorAll('.cm-line')[{line - 1}])")
        self.page.evaluate("getSelection().collapseToEnd()")

    def wait_for_path(self, path: str) -> None:
        """Until a path is drawn, by the text that the picture knows it by."""
        self.page.wait_for_selector(f'#drawing:not([data-old]) .path[data-path="{path}"]', state="attached")

    def until(self, script: str) -> None:
        """Until an expression holds; the page's policy lets nobody evaluate text in it, so it is asked from here."""
        for _ in range(400):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(script)

    def wait_for_saved(self) -> None:
        self.page.wait_for_selector('#save-state[data-state="saved"]')

    def wait_for_fit(self) -> str:
        """The fit in short, once it is of the present text."""
        self.page.wait_for_selector("#strip:not([data-old]) .badge")
        return self.page.locator("#strip").inner_text()

    def centre(self, name: str) -> tuple[float, float]:
        """The middle of a variable on the screen."""
        box = self.page.locator(f'#drawing .variable[data-variable="{name}"]').bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, name: str, to: tuple[float, float], key: str | None = None) -> None:
        """Drag from a variable to a place of the screen, with a key held down."""
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.move(*self.centre(name))
        self.page.mouse.down()
        self.page.mouse.move(*to, steps=8)
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)

    def export(self, label: str) -> tuple[str, bytes]:
        """Name and content of what an item of the menu gives."""
        self.page.locator("#export-button").click()
        with self.page.expect_download(timeout=60_000) as waiting:
            self.page.get_by_role("menuitem", name=label, exact=False).first.click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()

    def latencies(self) -> list[float]:
        """Milliseconds from key stroke to the frame that shows picture and fit, one a redraw."""
        script = "JSON.stringify(performance.getEntriesByName('studio-latency').map(entry => entry.duration))"
        found: list[Any] = json.loads(self.page.evaluate(script))
        return [float(value) for value in found]
