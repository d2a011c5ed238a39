"""What is taken along from the page."""

import pytest

from tests.browser.driving import POLDEM


@pytest.fixture
def desk(studio, visit, folder):
    (folder / "model.lav").write_text(POLDEM, encoding="utf-8")
    (folder / "rival.lav").write_text(POLDEM.replace("dem65 ~ ind60 +", "dem65 ~ 0*ind60 +"), encoding="utf-8")
    found = visit(studio("model.lav"))
    found.wait_for_path("dem65 ~ dem60")
    found.wait_for_fit()
    return found


@pytest.mark.parametrize(
    ("label", "ending", "beginning", "inside"),
    [
        pytest.param("SVG", ".svg", b"<", b"dem60", id="svg"),
        pytest.param("PDF", ".pdf", b"%PDF-", b"", id="pdf"),
        pytest.param("PNG", ".png", b"\x89PNG", b"", id="png"),
        pytest.param("TikZ", ".tex", b"", b"tikzpicture", id="tikz"),
        pytest.param("Web page", ".html", b"<!", b"Political Democracy", id="report"),
        pytest.param("Spec", ".lav", b"#'", POLDEM.encode(), id="spec"),
    ],
)
def test_an_export_is_the_file_that_its_name_says(desk, label, ending, beginning, inside):
    name, content = desk.export(label)
    assert name.endswith(ending)
    assert content.lstrip().startswith(beginning)
    assert inside in content


def test_a_table_is_copied_sorted_and_kept_as_csv(desk):
    desk.page.locator("#tab-parameters").click()
    desk.page.locator("#result thead button", has_text="est").first.click()
    assert desk.page.locator("#result thead th[aria-sort=descending]").count() == 1
    with desk.page.expect_download() as waiting:
        desk.page.locator("#result").get_by_role("button", name="CSV").click()
    assert waiting.value.suggested_filename == "model-parameters.csv"
    with open(waiting.value.path(), encoding="utf-8-sig") as stream:  # noqa: PTH123 - as given
        head, *rows = stream.read().split("\n")
    names = head.strip().split(",")
    cells = [row.strip().split(",") for row in rows if row.strip()]
    estimates = [float(row[names.index("est")]) for row in cells]
    assert len(estimates) == 34
    assert estimates == sorted(estimates, reverse=True)
    assert {row[names.index("op")] for row in cells} == {"=~", "~", "~~"}


def test_models_are_compared_beside_one_another(desk):
    desk.page.locator("#tab-compare").click()
    desk.page.get_by_label("rival.lav").check()
    desk.page.get_by_role("button", name="Compare", exact=True).click()
    desk.page.wait_for_selector("#result table")
    assert "rival" in desk.page.locator("#result table").first.inner_text()
