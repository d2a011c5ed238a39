"""The page's files: nothing from elsewhere, no scripts in the markup, and the bundle is that of the pinned packages."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "sem_toolkit" / "studio" / "page"
SOURCES = ROOT / "editors" / "studio"
OWN = sorted(path for path in PAGE.rglob("*.*") if path.name != "editor.bundle.js")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path):
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"')]*", path.read_text(encoding="utf-8"))
    assert [address for address in addresses if "www.w3.org/2000/svg" not in address] == []


def test_the_markup_has_no_scripts_of_its_own():
    markup = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", markup) == []
    assert re.findall(r"\son\w+=|<style|\sstyle=", markup) == []


@pytest.mark.parametrize("path", [path for path in OWN if path.suffix == ".js"], ids=lambda path: path.name)
def test_no_module_writes_markup_from_text(path):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", _code(path))


def _code(path: Path) -> str:
    return re.sub(r"//.*", "", path.read_text(encoding="utf-8"))


def test_every_import_of_the_page_is_one_of_its_files():
    for path in OWN:
        for name in re.findall(r'from "(\./[^"]+)"', path.read_text(encoding="utf-8")):
            assert (PAGE / name).is_file(), (path.name, name)


def test_the_packages_of_the_editor_are_pinned_without_addresses():
    named = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in {**named["dependencies"], **named["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all("resolved" not in entry for entry in locked.values())
    assert all("integrity" in entry for name, entry in locked.items() if name)


def test_the_bundle_names_every_package_in_it_with_its_licence():
    head = (PAGE / "editor.bundle.js").read_text(encoding="utf-8").split("*/")[0]
    named = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    for name, version in named["dependencies"].items():
        assert f"{name} {version} (MIT)" in head
    assert "Permission is hereby granted" in head


@pytest.mark.skipif(
    shutil.which("node") is None or not (SOURCES / "node_modules").is_dir(),
    reason="needs Node, and the packages that `make studio-assets` fetches",
)
def test_the_bundle_is_what_the_pinned_packages_give():
    done = subprocess.run(["node", "build.mjs", "--check"], cwd=SOURCES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
