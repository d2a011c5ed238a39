"""What is judged of estimates that were found stage by stage, and what the parts say: measurement before structure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.estimation import Stages
from sem_toolkit.estimation.steps.search import Steps
from sem_toolkit.inference.at_estimate import (
    EvaluatedSolution,
    SolutionLike,
    SolutionView,
    evaluate_solution,
)
from sem_toolkit.inference.errors.steps import attach_latent_covariances
from sem_toolkit.inference.exact_fit.statistics import compute_standard_test
from sem_toolkit.inference.exact_fit.steps import attach_unbiased_covariances
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.sample import Sample


@dataclass(frozen=True, eq=False)
class _WithSample(SolutionView):
    """A solution whose sample says more of its moments."""

    sample: Sample


def choose_judged_of_stages(solution: EvaluatedSolution, options: InferenceOptions) -> EvaluatedSolution:
    """What tests and fit measures are about: of estimates in local steps the structural part."""
    stages: Stages = solution.stages
    evaluation = solution.evaluation
    if not isinstance(stages, Steps):
        return solution
    if stages.structural is None:
        sample = attach_unbiased_covariances(evaluation) if options.test == "yuan.chan" else evaluation.sample
        return EvaluatedSolution(_WithSample(solution, sample))
    if options.test != "satorra.bentler":
        return EvaluatedSolution(stages.structural)
    return EvaluatedSolution(replace(stages.structural, sample=attach_latent_covariances(evaluation, stages)))


def describe_steps(solution: SolutionLike, measures: Mapping[str, float]) -> dict[str, Any]:
    """The parts of estimates in steps: method, measurement, reliability (by group), structural_fit.

    measures  fit measures of what is judged: by the local method the structural part's
    """
    stages = solution.stages
    if not isinstance(stages, Steps):
        message = "the estimates were not found in steps"
        raise ModelError(Diagnostic("error", "no-steps", message, hint="fit with sam_method"))
    tests = [compute_standard_test(evaluate_solution(block.solution)) for block in stages.blocks]
    measurement = [
        {"block": block.name, "latent": list(block.latent), "chisq": test.stat, "df": test.df, "pvalue": test.pvalue}
        for block, test in zip(stages.blocks, tests, strict=True)
    ]
    found: dict[str, Any] = {"method": stages.options.sam_method, "measurement": measurement}
    found["reliability"] = [dict(zip(stages.everything, group.reliability, strict=True)) for group in stages.latent]
    if stages.structural is not None:
        shown = ("chisq", "df", "pvalue", "cfi", "rmsea", "srmr")
        found["structural_fit"] = {name: measures[name] for name in shown if name in measures}
    return found
