"""Rules by which answers go missing: a share of them at random, or more often where another variable is high.

x2 ~ 0.2                 one answer in five, whatever anything is (MCAR)
x2 ~ 0.2 + 1.5*x1        logit P = logit 0.2 + 1.5 z, z the standardised x1 (MAR)
all ~ 0.1                every variable
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, OptionError

FloatArray = NDArray[np.float64]

EVERY = "all"
_TERM = re.compile(r"\s*([+-]?\s*[0-9.]+(?:e[+-]?\d+)?)\s*\*\s*([^\s+*-]+)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class MissingRule:
    """Which variable loses answers, how many of them where the others are at their means, and on what that depends.

    slopes  variable → change of the logit for one standard deviation of it; empty for MCAR
    """

    variable: str
    share: float
    slopes: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class MissingPlan:
    """Rules by the places of variables (p) in the population: logits (k) of k variables, and slopes (k × p)."""

    targets: NDArray[np.intp]
    logits: FloatArray
    slopes: FloatArray

    def blank(self, rng: np.random.Generator, rows: FloatArray, mean: FloatArray, deviations: FloatArray) -> None:
        """Put NaN into rows (... × p) in place; mean and deviations are the population's (p)."""
        logits = (rows - mean) / deviations @ self.slopes.T + self.logits
        gone = rng.random(logits.shape) < 1.0 / (1.0 + np.exp(-logits))
        chosen = rows[..., self.targets]
        chosen[gone] = np.nan
        rows[..., self.targets] = chosen


def parse_missing_rule(text: str) -> MissingRule:
    """A rule as above; raises OptionError for what is none."""
    left, mark, right = text.partition("~")
    variable = left.strip()
    head = re.match(r"\s*([0-9.]+)\s*", right)
    rest = right[head.end() :] if head else ""
    slopes = []
    while rest and (term := _TERM.match(rest)):
        slopes.append((term[2], float(term[1].replace(" ", ""))))
        rest = rest[term.end() :]
    if not (variable and mark and head) or rest.strip():
        message = f'"{text}" is no rule of missing answers'
        hint = 'write "x2 ~ 0.2" for one answer in five, "x2 ~ 0.2 + 1.5*x1" where it depends on x1'
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    share = float(head[1])
    if not 0.0 < share < 1.0:
        message = f"{share:g} of the answers to {variable} cannot be missing: it is a share between 0 and 1"
        raise OptionError(Diagnostic("error", "option-value", message))
    return MissingRule(variable, share, tuple(slopes))


def build_missing_plan(rules: Sequence[MissingRule], variables: tuple[str, ...]) -> MissingPlan | None:
    """The rules for the variables of a population; None where there are none.

    Raises OptionError for unknown variables, two rules of one variable, and rules that hang on what is missing itself.
    """
    if not rules:
        return None
    whole = [
        MissingRule(name, rule.share, rule.slopes)
        for rule in rules
        for name in (variables if rule.variable == EVERY else (rule.variable,))
    ]
    targets = [rule.variable for rule in whole]
    causes = {name for rule in whole for name, _ in rule.slopes}
    for name in [*targets, *sorted(causes)]:
        if name not in variables:
            message = f'a rule of missing answers names "{name}", and the population has no such variable'
            raise OptionError(
                Diagnostic("error", "unknown-variable", message, hint=f"its variables: {', '.join(variables[:12])}")
            )
    if doubled := {name for name in targets if targets.count(name) > 1}:
        message = f"there are two rules of missing answers to {min(doubled)}"
        raise OptionError(Diagnostic("error", "option-value", message, hint="write one for each variable"))
    if hidden := causes & {*targets}:
        message = f"answers are to be missing by {min(hidden)}, which has missing answers itself: they would not be MAR"
        hint = f"let {min(hidden)} be complete, or take another variable"
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    slopes = np.zeros((len(whole), len(variables)))
    for row, rule in enumerate(whole):
        for name, slope in rule.slopes:
            slopes[row, variables.index(name)] = slope
    logits = np.array([math.log(rule.share / (1.0 - rule.share)) for rule in whole])
    return MissingPlan(np.array([variables.index(name) for name in targets]), logits, slopes)
