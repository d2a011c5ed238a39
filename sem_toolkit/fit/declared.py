"""Every option of a fit, declared once: flags of the command, the reading of values, hints and docs come from here."""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation import ESTIMATORS
from sem_toolkit.estimation.instruments.options import Adjustment, MeanStructure, StageErrors, VarcovMethod, Weak
from sem_toolkit.estimation.options import Engine, Likelihood
from sem_toolkit.estimation.steps.options import Mapped, Method
from sem_toolkit.fit.readers import (
    parse_answers,
    parse_blocks,
    parse_choice,
    parse_codes,
    parse_count,
    parse_count_or_none,
    parse_counts,
    parse_fraction,
    parse_labels,
    parse_moments,
    parse_number,
    parse_pair,
    parse_parcels,
    parse_reversed_items,
    parse_switch,
    parse_word,
    parse_words,
)
from sem_toolkit.fit.rotation import parse_rotation_arguments
from sem_toolkit.inference.options import INFORMATION, LIMITS, OBSERVED_INFORMATION, STANDARD_ERRORS, TESTS
from sem_toolkit.rotation.options import OTHER_NAMES, ROTATIONS, RotationErrors
from sem_toolkit.sample.choices import Normalization, WeightType
from sem_toolkit.sample.sample import FULL_INFORMATION, PAIRWISE, TWO_STAGE
from sem_toolkit.spec.options import EFFECT_CODING, GROUP_EQUAL, Bounds, Call, Parameterization

Layer = Literal["table", "estimation", "inference", "data", "rotation"]
Kind = Literal["word", "words", "switch", "number", "numbers", "count", "counts", "fraction", "mapping", "moments"]


@dataclass(frozen=True)
class Option:
    """One option.

    name     lavaan's, with underscores for dots
    kind     of value; texts with commas serve for `words`
    layer    who reads it: "table" options are read, with their own checks, by the spec language
    help     one line for people
    choices  the words that it takes; empty where it takes any
    flag     of the command; empty where only options files, headers and Python have it
    others   other words for choices
    later    words of lavaan's that are not supported yet
    reader   of the value where the kind alone does not say it
    """

    name: str
    kind: Kind
    layer: Layer
    help: str
    choices: tuple[str, ...] = ()
    flag: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    reader: Callable[[object], object] | None = None

    @property
    def is_list(self) -> bool:
        """Whether a text with commas means several."""
        return self.kind == "words"

    @property
    def parse(self) -> Callable[[object], object] | None:
        """Reads a value, and raises ValueError with what is expected; None for options of the table."""
        if self.layer == "table":
            return None
        return self.reader or (
            parse_choice(self.choices, self.others) if self.kind == "word" and self.choices else _READERS[self.kind]
        )


_READERS: Mapping[Kind, Callable[[object], object]] = {
    "word": parse_word,
    "words": parse_words,
    "number": parse_number,
    "count": parse_count,
    "counts": parse_counts,
    "fraction": parse_fraction,
    "moments": parse_moments,
}
_FULL = {"fiml": "ml", "direct": "ml", "fiml.x": "ml.x", "direct.x": "ml.x", "fiml_x": "ml.x", "ml_x": "ml.x"}
_STAGES = {
    "lw": "listwise",
    "twostage": "two.stage",
    "two.step": "two.stage",
    "robust.twostage": "robust.two.stage",
    "robust.two.step": "robust.two.stage",
}

_DECLARED = (
    Option("call", "word", "table", "Whose defaults: sem, cfa, growth or lavaan.", get_args(Call), "--call"),
    Option("std_lv", "switch", "table", "Fix latent variances to 1 and free the markers.", flag="--std-lv"),
    Option("orthogonal", "switch", "table", "No covariances among exogenous latent variables.", flag="--orthogonal"),
    Option("orthogonal_x", "switch", "table", "The same for exogenous latent variables only."),
    Option("orthogonal_y", "switch", "table", "The same for endogenous latent variables only."),
    Option("orthogonal_efa", "switch", "table", "No covariances among the factors of an exploratory block."),
    Option("meanstructure", "switch", "table", "Estimate intercepts.", flag="--meanstructure"),
    Option("int_ov_free", "switch", "table", "Free the intercepts of observed variables."),
    Option("int_lv_free", "switch", "table", "Free the intercepts of latent variables."),
    Option("fixed_x", "switch", "table", "Take exogenous moments from the data, or free them.",
           flag="--fixed-x/--free-x"),
    Option("conditional_x", "switch", "table", "Condition on exogenous variables rather than model them."),
    Option("auto_fix_first", "switch", "table", "Fix the first loading of each factor at 1."),
    Option("auto_fix_single", "switch", "table", "Fix the residual variance of a single indicator at 0."),
    Option("auto_var", "switch", "table", "Add (residual) variances."),
    Option("auto_cov_lv_x", "switch", "table", "Add covariances of exogenous latent variables."),
    Option("auto_cov_x", "switch", "table", "Add covariances of exogenous observed variables."),
    Option("auto_cov_y", "switch", "table", "Add residual covariances of outcomes."),
    Option("auto_th", "switch", "table", "Add thresholds."),
    Option("auto_delta", "switch", "table", "Add scales of latent responses."),
    Option("auto_efa", "switch", "table", "Identify exploratory blocks."),
    Option("composites", "switch", "table", "Composites as lavaan 0.7 has them; without, formative variables of old."),
    Option("phantom_composites", "switch", "table", "Write a formative variable as a phantom."),
    Option("markers", "mapping", "table", "Factor to the indicator that sets its scale, where that is not the first."),
    Option("effect_coding", "words", "table", "Scale by effect coding.", EFFECT_CODING),
    Option("marker_int_zero", "switch", "table", "With means: no intercepts of markers, latent means are free."),
    Option("bounds", "word", "table", "Variances that are held at 0 or above: all, of observed or of latent variables.",
           get_args(Bounds), "--bounds"),
    Option("ngroups", "count", "table", "Number of groups where there are no data."),
    Option("group", "word", "data", "Name of the grouping column.", flag="--group"),
    Option("group_label", "words", "data", "Of the grouping column: the values to take, in this order.",
           flag="--group-label", reader=parse_labels),
    Option("group_equal", "words", "table", "loadings,intercepts,residuals,... held equal.", GROUP_EQUAL,
           "--group-equal"),
    Option("group_partial", "words", "table", "Left free all the same, such as f=~x2,x3~1.", flag="--group-partial"),
    Option("ordered", "words", "table", "Ordered variables, such as b1,b2; all: every item; none: none are.",
           flag="--ordered"),
    Option("zero_add", "numbers", "data", "Added to empty cells of 2 × 2 and of larger tables of ordered variables.",
           reader=parse_pair),
    Option("zero_keep_margins", "switch", "data", "Keep the margins of 2 × 2 tables when a cell of them is filled.",
           reader=parse_switch),
    Option("thresholds", "mapping", "table", "Number of thresholds of each ordered variable, without data."),
    Option("parameterization", "word", "table", "delta or theta, for ordered variables.", get_args(Parameterization),
           "--parameterization"),
    Option("sheet", "word", "data", "Of an Excel workbook. Default: the first one with a table.", flag="--sheet"),
    Option("reverse", "words", "data", "Items to turn about the middle of their scale, such as b4,b7 or b4(1-5).",
           flag="--reverse", reader=parse_reversed_items),
    Option("parcel", "word", "data", "New columns: 'p1 = mean(b1, b2, b3)', or sum; semicolons between several.",
           flag="--parcel", reader=parse_parcels),
    Option("missing_codes", "words", "data", "Values that stand for missing: 9,99, or age=-1 in one column.",
           flag="--missing-codes", reader=parse_codes),
    Option("answers", "words", "data", "Answers in words, the lowest first: 'never, rarely, often'.",
           flag="--answers", reader=parse_answers),
    Option("missing", "word", "data", "Empty cells: listwise, ml (FIML), ml.x, two.stage, robust.two.stage.",
           ("listwise", *FULL_INFORMATION, *TWO_STAGE, *PAIRWISE), "--missing",
           _FULL | _STAGES, frozenset({"doubly.robust"})),
    Option("aux", "words", "data", "Auxiliary variables, which help with what is missing.", flag="--aux"),
    Option("cluster", "word", "data", "Name of the column of clusters, such as companies.", flag="--cluster"),
    Option("sampling_weights", "word", "data", "Name of the column of sampling weights.", flag="--sampling-weights"),
    Option("sampling_weights_normalization", "word", "data", "They sum to the rows of each group, to all rows, or not.",
           get_args(Normalization), "--sampling-weights-normalization"),
    Option("sampling_weights_type", "word", "data", "What a weight is: of the design, or a number of equal rows.",
           get_args(WeightType), "--sampling-weights-type"),
    Option("sample_cov", "moments", "data", "A file with a covariance matrix instead of rows.", flag="--sample-cov"),
    Option("sample_mean", "moments", "data", "A file with means, to go with --sample-cov.", flag="--sample-mean"),
    Option("sample_nobs", "counts", "data", "Number of observations behind --sample-cov.", flag="--sample-nobs"),
    Option("estimator", "word", "estimation", "ML, or another of lavaan's words.", tuple(ESTIMATORS),
           "--estimator", {"miiv": "iv", "miiv.2sls": "iv"}),
    Option("sam_method", "word", "estimation", "Measurement before structure: local (by latent moments), global, fsr.",
           get_args(Method), "--sam"),
    Option("mm_list", "mapping", "estimation", "Of sam: blocks by name, each the names of its latent variables.",
           reader=parse_blocks),
    Option("m_method", "word", "estimation", "Of sam: how indicators are mapped to latent variables.",
           get_args(Mapped)),
    Option("alpha_correction", "count", "estimation", "Of sam: rows by which less measurement error is taken off.",
           reader=parse_count_or_none),
    Option("lambda_correction", "switch", "estimation", "Of sam: take off no more error than leaves variances.",
           reader=parse_switch),
    Option("iv_varcov_method", "word", "estimation", "Of IV: how variances follow: RLS, 2RLS, GLS or ULS.",
           get_args(VarcovMethod)),
    Option("iv_mean_structure", "word", "estimation", "Of IV: intercepts jointly (wls) or one by one (moments).",
           get_args(MeanStructure)),
    Option("iv_vcov_stage1", "word", "estimation", "Of IV: errors of coefficients, of least squares or by the moments.",
           get_args(StageErrors)),
    Option("iv_weak", "word", "estimation", "Of IV: warn of weak instruments, prune them, or none.", get_args(Weak)),
    Option("iv_weak_threshold", "number", "estimation", "Of IV: first-stage F below which instruments are weak."),
    Option("iv_sargan_adjust", "word", "estimation", "Of IV: correction of Sargan's tests for there being many.",
           get_args(Adjustment)),
    Option("likelihood", "word", "estimation", "normal (divisor n) or wishart (n - 1).", get_args(Likelihood),
           "--likelihood"),
    Option("se", "word", "inference", "Standard errors: standard, robust.sem, robust.huber.white, bootstrap, none.",
           STANDARD_ERRORS, "--se", reader=parse_word),
    Option("test", "words", "inference", "Test beside the standard one, such as satorra.bentler.", TESTS, "--test"),
    Option("bootstrap", "count", "inference", "Samples of se = bootstrap and test = bollen.stine: 1000.",
           flag="--bootstrap"),
    Option("iseed", "count", "inference", "Of these samples: 1.", flag="--iseed", reader=parse_count_or_none),
    Option("boot_ci_type", "word", "inference", "Their limits: perc, norm, basic, bca.simple or bca.", LIMITS,
           "--boot-ci-type"),
    Option("information", "word", "inference", "expected, observed or first.order.", INFORMATION, "--information",
           reader=parse_word),
    Option("observed_information", "word", "inference", "hessian or h1.", OBSERVED_INFORMATION,
           "--observed-information"),
    Option("rotation", "word", "rotation", "Of exploratory blocks: geomin, oblimin, target, ..., or none.", ROTATIONS,
           "--rotation", OTHER_NAMES,
           frozenset({"entropy", "mccammon", "infomax", "tandem1", "tandem2", "oblimax", "bentler", "simplimax"})),
    Option("rotation_args", "mapping", "rotation", "Such as geomin_epsilon=0.01,orthogonal=true,rstarts=200.",
           flag="--rotation-args", reader=parse_rotation_arguments),
    Option("rotation_se", "word", "rotation", "Errors by lavaan's equations, or by those that the rotation solves.",
           get_args(RotationErrors), "--rotation-se"),
    Option("level", "fraction", "inference", "Of confidence intervals: 0.95.", flag="--level"),
    Option("engine", "word", "estimation", "Which optimiser is asked first: auto, semopy or native.",
           get_args(Engine), "--engine"),
    Option("max_iterations", "count", "estimation", "Of one attempt of the native solver."),
    Option("restarts", "count", "estimation", "Perturbed starting points to try.", reader=parse_count_or_none),
    Option("multistart", "count", "estimation", "Scattered starts where a lower optimum may exist (three times as many "
           "more where the lowest is improper); 0: none.", reader=parse_count_or_none),
    Option("seed", "count", "estimation", "Of these perturbations.", reader=parse_count_or_none),
    Option("bad_marker_crit", "number", "estimation", "Correlation with the rest below which a marker is replaced; 0: "
           "never."),
)  # fmt: skip
OPTIONS: Mapping[str, Option] = {option.name: option for option in _DECLARED}
"""All options by name, in the order in which people meet them."""
TESTING = frozenset(option.name for option in _DECLARED if option.layer == "inference")
"""Options of standard errors, tests and intervals: of which nothing is seen where no estimate is tested."""


def build_unknown_option(name: str) -> Diagnostic:
    """The fault of a name that is no option's."""
    hint = format_suggestion(name, sorted(OPTIONS)) or "see `sem-toolkit fit --help` for the options"
    return Diagnostic("error", "unknown-option", f'there is no option "{name}"', hint=hint)


def build_bad_value(name: str, value: object, problem: str) -> Diagnostic:
    """The fault of a value that an option does not take, and what it would take."""
    option = OPTIONS[name]
    if str(value).lower() in option.later:
        return Diagnostic("error", "not-supported-yet", f'{name} = "{value}" is not supported yet')
    hint = f"one of: {', '.join(option.choices)}" if option.choices else None
    return Diagnostic("error", "option-value", f'option "{name}" cannot be {_show(value)}: {problem}', hint=hint)


def _show(value: object) -> str:
    """A value as Python writes it, cut short where it is long or deep."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 80
    return brief.repr(value)
