"""What a study of samples starts from: a population, and the model that is estimated in it.

Both come from one spec with values (the model is the spec with its values freed), from two specs, or from a fit whose
estimates become the true values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.prepared import get_header_options
from sem_toolkit.resampling.simulation.population import Population, build_population, build_population_from_fit
from sem_toolkit.spec import Spec
from sem_toolkit.spec.release import list_structure, release_values
from sem_toolkit.spec.tokens import split_tokens

OF_ROWS = (
    "group", "sample_cov", "sample_mean", "sample_nobs", "sampling_weights", "cluster", "sheet", "missing_codes",
    "answers",
)  # fmt: skip
"""Options that are about rows of data, or that say what a population has to say itself."""
_NAMED = 6


@dataclass(frozen=True, eq=False)
class Source:
    """A population and the model that is estimated.

    shares   of the groups, in whole numbers; () for equal ones
    options  of the fits
    kept     numbers of the spec that are no values, and stay fixed in the model
    """

    population: Population
    analysis: Spec
    shares: tuple[int, ...] = ()
    options: dict[str, object] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """What a reader must know about the population and the model."""
        if not self.kept:
            return self.population.messages
        more = f" and {len(self.kept) - _NAMED} more" if len(self.kept) > _NAMED else ""
        message = f"the model keeps whole numbers before loadings fixed: {', '.join(self.kept[:_NAMED])}{more}"
        hint = "write start(1)*x1, or 1.0001*x1, for a value; or give the model itself (--model)"
        return (*self.population.messages, Diagnostic("note", "fixed-in-model", message, hint=hint))

    def count_lost_rows(self) -> int:
        """How many rows less than n the statistic is multiplied by: one a group with likelihood = wishart."""
        chosen = parse_fit_options(get_header_options(self.analysis), self.options)
        return len(self.population.groups) if chosen.estimation.likelihood == "wishart" else 0


def build_source(
    spec: Spec,
    model: Spec | None = None,
    *,
    data: Path | None = None,
    estimates: bool = False,
    shares: tuple[int, ...] = (),
    options: Mapping[str, object] | None = None,
) -> Source:
    """The population of a spec with values, or with `estimates` of its fit to data.

    model   the spec that is estimated; None: the spec itself, its values freed
    shares  of several groups of a spec with values; their number is that of the groups
    options of the fits

    Raises what `fit` and `build_population` raise, and OptionError for options that would do nothing.
    """
    options = dict(options or {})
    if estimates:
        if shares:
            message = "the groups and their shares are those of the data"
            raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave the shares out"))
        fit = fit_model(spec, data, **options)
        kept = {name: value for name, value in options.items() if name not in OF_ROWS}
        population = build_population_from_fit(fit)
        own = tuple(group.n for group in fit.sample.groups)
        return Source(population, spec if model is None else model, own if len(own) > 1 else (), kept)
    unread = [name for name in OF_ROWS if options.get(name) is not None]
    if unread:
        message = f"{unread[0]} is about rows of data, and the population is that of a spec with values"
        hint = "leave it out, or take the estimates of a fit to the data"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint=hint))
    labels = tuple(f"{number + 1}" for number in range(len(shares))) if len(shares) > 1 else ("",)
    of_table: dict[str, Any] = {name: options[name] for name in ("call",) if name in options}
    population = build_population(spec, labels, **of_table)
    if model is not None:
        return Source(population, model, shares, options)
    return Source(population, release_values(spec), shares, options, tuple(list_structure(spec)))


def parse_path(text: str) -> tuple[str, str, str]:
    """lhs, operator and rhs of a parameter as it is typed: "y ~ x", "f1 ~~ f2", "f =~ x1", "y ~ 1".

    Raises OptionError for what is no parameter.
    """
    match = re.fullmatch(r"\s*(\S+?)\s*(=~|~~|~)\s*(\S+)\s*", text)
    if match is None or len(split_tokens(match[1])) != 1:
        message = f'"{text}" is no parameter'
        raise OptionError(Diagnostic("error", "option-value", message, hint='write it as in a spec: "y ~ x"'))
    lhs, op, rhs = match.groups()
    return (lhs, "~1", "") if (op, rhs) == ("~", "1") else (lhs, op, rhs)
