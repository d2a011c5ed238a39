"""Every table of the report, by name."""

from __future__ import annotations

from sem_toolkit.study.names import Names, build_names
from sem_toolkit.study.page_printed import build_printed_sections
from sem_toolkit.study.page_survey import build_survey_sections
from sem_toolkit.study.page_tables import PageTable
from sem_toolkit.study.run import StudyResult


def build_sections(result: StudyResult) -> dict[str, PageTable]:
    """Tables by name; empty ones where a part of the study is missing."""
    names = name_study(result)
    return build_printed_sections(result.printed, names) | build_survey_sections(result, names)


def name_study(result: StudyResult) -> Names:
    """Names of all that the report mentions: items of the survey, and what the paper calls those that it prints."""
    labels = {str(item): str(label) for item, label in result.preliminaries.items["label"].items()}
    labels[result.printed.recovery.outcome] = "success score"
    return build_names(result.printed.publication.tables, labels)
