"""What an action would do to the fit, before it is kept; and rivals beside each other."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sem_toolkit.comparison import compare
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.diagnostics import DataError, Diagnostic, EstimationError, SemError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.records import clean
from sem_toolkit.report.compared_figures import Arrangement, draw_compared_fits
from sem_toolkit.studio.analysis import Memory, Question, Watch, draw_question
from sem_toolkit.studio.documents import open_document, require_named_files
from sem_toolkit.studio.drawing import build_style
from sem_toolkit.studio.pictured import change
from sem_toolkit.studio.records import Record, build_table

_MOST_COMPARED = 12


def try_action(question: Question, action: object, memory: Memory, watch: Watch | None = None) -> Record:
    """χ² and df before and after an action, the test of their difference, and the picture with the change in it.

    Nothing is kept but the fit, for when the change is made. Raises SemError where the action or a fit cannot be.
    """
    document = memory.open(question)
    made = change(question.text, action, lambda text: memory.open(question.with_text(text)))
    tried = question.with_text(made.text)
    before = memory.fit(document, watch)
    after = memory.fit(memory.open(tried), watch)
    for fit in (before, after):
        if not fit.converged:
            message = f"there is no optimum to compare: {fit.certificate.verdict}"
            raise EstimationError(Diagnostic("error", "not-converged", message))
    found: Record = {"message": made.message, "certified": after.certified, "verdict": after.certificate.verdict}
    for name, fit in (("_before", before), ("", after)):
        found[f"chisq{name}"] = clean(fit.fit_measures.get("chisq"))
        found[f"df{name}"] = clean(fit.fit_measures.get("df"))
    picture, _ = draw_question(memory.open(tried), tried, after, memory.folder)
    return found | _test(before, after) | picture


def _test(before: Fit, after: Fit) -> Record:
    """difference, difference_df, p and how they were found; null where the models are of other variables."""
    found: Record = {"difference": None, "difference_df": None, "p": None, "method": None}
    measured = [set(fit.sample.variables) for fit in (before, after)]
    if measured[0] != measured[1] or before.fit_measures.get("df") == after.fit_measures.get("df"):
        return found
    larger, smaller = sorted((before, after), key=lambda fit: fit.fit_measures.get("df", 0.0))
    with suppress(SemError):
        test = compute_difference(larger, smaller)
        found = {"difference": test.stat, "difference_df": test.df, "p": test.pvalue, "method": test.method}
    return {name: clean(value) for name, value in found.items()}


def compare_files(paths: Sequence[Path], question: Question, memory: Memory) -> Record:
    """Tables of rivals and, of two, their overlay; of more, their pictures side by side. Raises SemError.

    question  the data of specs whose header names none, and the style
    """
    if not 2 <= len(paths) <= _MOST_COMPARED:
        message = f"2 to {_MOST_COMPARED} specs are compared, not {len(paths)}"
        raise DataError(Diagnostic("error", "bad-request", message))
    specs = {}
    for path in paths:
        text = memory.folder.read(path)
        document = open_document(text, path, memory.folder, memory.columns, question.data)
        require_named_files(document, memory.folder)
        name = memory.folder.name(path)
        specs[name] = document.spec
    data = question.data if not any(spec.header.data for spec in specs.values()) else None
    found = compare(specs, data)
    tables = [build_table("comparison", "Models", found.table)]
    for name, title, frame in (("tests", "Pairs of models", found.tests), ("paths", "Paths", found.paths)):
        if len(frame):
            tables.append(build_table(name, title, frame))
    answer: Record = {
        "tables": tables,
        "svg": None,
        "notes": [entry.message for entry in found.messages],
    }
    fits = list(found.fits.values())
    if len(fits) >= 2:
        with suppress(SemError):
            arrangement: Arrangement = "overlay" if len(fits) == 2 else "side by side"
            answer["svg"] = draw_compared_fits(fits, arrangement, build_style(question.style)).to_svg()
    return answer
