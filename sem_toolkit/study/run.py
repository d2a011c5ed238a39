"""The study run: every spec fitted, what the fits say on the two hypotheses, and what the printed tables tell."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, SemError
from sem_toolkit.fit import Fit, fit
from sem_toolkit.libraries import pd
from sem_toolkit.sample import read_table
from sem_toolkit.spec import Spec, read_spec
from sem_toolkit.study.hypotheses import HYPOTHESES, Evidence, build_evidence
from sem_toolkit.study.joint_tests import JointTest, compute_joint_tests
from sem_toolkit.study.preliminaries import Preliminaries, compute_preliminaries, name_items, read_scales
from sem_toolkit.study.printed_study import PrintedStudy, run_printed_study
from sem_toolkit.study.reconstruct import read_bystanders
from sem_toolkit.study.replication import Replications, replicate_verdicts
from sem_toolkit.study.stage_effects import STAGES, StageEffects, compute_stage_effects
from sem_toolkit.study.survey_regressions import compare_stepwise
from sem_toolkit.study.truth import add_truth, fit_population

RESEARCH_MODEL = "research_model"
SURVEY = "survey_n477.csv"
REPLICATIONS = 200
# The parts of the report, in its order; a spec belongs to the first whose prefix its file name has.
KINDS = {
    "research": "Research model",
    "measurement": "Measurement models",
    "alternative": "Alternatives to the research model",
    "": "Other models",
}
ORDER = (
    "research_model", "all_stages", "preclinical", "clinical", "market", "synergy",
    "equal_stage_effects", "stages_in_a_chain", "second_order_innovation", "two_synergies",
    "competition_without_effect", "competition_through_capital",
    "capital_mediated", "formative_capital", "innovation_capital_merged", "method_factor", "general_factor",
)  # fmt: skip
"""Ends of file names in the order of the argument: stages as they follow one another, H1, H2, capital, measurement."""


@dataclass(frozen=True, eq=False)
class StudyModel:
    """One spec of the study and its fit, or why there is none; `truth` is its fit to the population of the survey."""

    name: str
    path: Path
    spec: Spec
    fit: Fit | None
    fault: SemError | None = None
    truth: Fit | None = None

    @property
    def kind(self) -> str:
        """Key of KINDS."""
        return next(prefix for prefix in KINDS if self.name.startswith(prefix))

    @property
    def title(self) -> str:
        """The title of the header, or the file's name."""
        return self.spec.header.title or self.name

    @property
    def certified(self) -> bool:
        """Whether there is a fit with a certified, admissible optimum."""
        return self.fit is not None and self.fit.certified

    @property
    def parameters(self) -> "pd.DataFrame":
        """Estimates beside their true values; empty where there is no fit."""
        return pd.DataFrame() if self.fit is None else add_truth(self.fit.parameters, self.truth)


@dataclass(frozen=True, eq=False)
class StudyResult:
    """Everything that the report shows.

    models         in the order of the report
    evidence       on the hypotheses
    preliminaries  of the survey's scales
    printed        audit, recovery and reconstructions of the printed regressions
    joint_tests    of the research model; empty where it is not certified
    stage_effects  of the research model and those of one stage; None where it is not certified
    replications   the research model fitted to surveys of other seeds
    stepwise       the paper's regressions on the survey: see `compare_stepwise`
    """

    models: tuple[StudyModel, ...]
    evidence: tuple[Evidence, ...]
    preliminaries: Preliminaries
    printed: PrintedStudy
    joint_tests: tuple[JointTest, ...]
    stage_effects: StageEffects | None
    replications: Replications
    stepwise: "pd.DataFrame"

    @property
    def research_model(self) -> StudyModel:
        """The model of Figure 3-1."""
        return next(model for model in self.models if model.name == RESEARCH_MODEL)

    @property
    def uncertified(self) -> tuple[StudyModel, ...]:
        """Models without a certified optimum."""
        return tuple(model for model in self.models if not model.certified)


def run_study(
    specs: Path,
    data: Path,
    progress: Callable[[str], None] = lambda title: None,
    replications: int = REPLICATIONS,
) -> StudyResult:
    """Fit every `*.lav` spec of a folder, and work through the printed tables.

    data          folder with codebook.csv, the survey, and published/ (layout: data/README.md)
    progress      hears the name of each stage before it begins; there are `count_stages` of them
    replications  surveys of other seeds to which the research model is fitted, and completions of the printed tables

    A spec that cannot be fitted does not stop the others: it carries its fault. Raises DataError where the folder has
    no research model, or where the data of the study cannot be read.
    """
    models = []
    for path in list_specs(specs):
        progress(path.stem)
        models.append(_fit_spec(path))
    progress("survey")
    survey = read_table(data / SURVEY)
    codebook = data / "codebook.csv"
    preliminaries = compute_preliminaries(survey, read_scales(codebook, list(survey.columns)))
    preliminaries = name_items(preliminaries, codebook)
    printed = run_printed_study(data / "published", replications, progress)
    evidence = tuple(build_evidence(hypothesis, models) for hypothesis in HYPOTHESES)
    progress("other seeds")
    research = next(model for model in models if model.name == RESEARCH_MODEL)
    repeated = replicate_verdicts(research.spec, replications)
    tests, effects = _test_research_model(research, models)
    tables = printed.publication.tables
    stepwise = compare_stepwise(survey, tables, read_bystanders(codebook, tables))
    return StudyResult(tuple(models), evidence, preliminaries, printed, tests, effects, repeated, stepwise)


def _test_research_model(
    research: StudyModel, models: Iterable[StudyModel]
) -> tuple[tuple[JointTest, ...], StageEffects | None]:
    if research.fit is None or not research.certified:
        return (), None
    fits = {model.name: model.fit for model in models if model.fit is not None and model.certified}
    stages = {stage: fits[f"research_{stage}"] for stage in STAGES if f"research_{stage}" in fits}
    tests = compute_joint_tests(research.fit, research.truth)
    return tests, compute_stage_effects(research.fit, stages, research.truth)


def count_stages(specs: Path) -> int:
    """How often `run_study` reports progress."""
    return len(list_specs(specs)) + 8


def list_specs(folder: Path) -> list[Path]:
    """The specs of a folder in the order of the report; the research model first."""
    paths = sorted(folder.glob("*.lav"))
    if not any(path.stem == RESEARCH_MODEL for path in paths):
        message = f"there is no {RESEARCH_MODEL}.lav in the folder {folder}"
        hint = "run the command in the project's folder, or name the folder of the specs with --specs"
        raise DataError(Diagnostic("error", "no-research-model", message, hint=hint))
    prefixes = list(KINDS)

    def rank(path: Path) -> tuple[int, int, str]:
        kind = next(number for number, prefix in enumerate(prefixes) if path.stem.startswith(prefix))
        own = next((number for number, end in enumerate(ORDER) if path.stem.endswith(end)), len(ORDER))
        return kind, own, path.stem

    return sorted(paths, key=rank)


def _fit_spec(path: Path) -> StudyModel:
    spec = read_spec(path)
    try:
        found = fit(spec)
        return StudyModel(path.stem, path, spec, found, truth=fit_population(spec, found.sample.n))
    except SemError as fault:
        return StudyModel(path.stem, path, spec, None, fault)


def list_faults(models: Iterable[StudyModel]) -> list[tuple[StudyModel, Diagnostic]]:
    """Every error that kept a model from being fitted."""
    return [(model, entry) for model in models if model.fault for entry in model.fault.diagnostics]
