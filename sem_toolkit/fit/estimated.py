"""A model that was estimated: from what, where the search ended, and what is to be known before it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.estimation import Certificate, Solution
from sem_toolkit.fit.auxiliary import drop_correlates
from sem_toolkit.fit.coarse import find_coarse_items
from sem_toolkit.fit.options import FitOptions
from sem_toolkit.fit.origins import Origin
from sem_toolkit.fit.reversed import check_reversed_items
from sem_toolkit.fit.undetermined import check_undetermined_errors
from sem_toolkit.inference import EvaluatedSolution, choose_judged
from sem_toolkit.sample import Sample
from sem_toolkit.spec import ParameterTable, Spec
from sem_toolkit.spec.checks.support import LATENT_PRODUCT
from sem_toolkit.spec.naming import name_model

if TYPE_CHECKING:
    from sem_toolkit.rotation import Rotation


@dataclass(frozen=True, eq=False, repr=False)
class Estimated:
    """What a fit was made of, and its solution.

    check  gives what can be said of the spec and of the model that it expands to; it is asked once, when somebody looks
    origin the file of the data, if they came from one
    start  where the search was told to begin (q), NaN for where it was not, if it was told at all
    rotation  how exploratory blocks were rotated (`solution.unrotated` is the solution before); None without any
    """

    spec: Spec
    options: FitOptions
    sample: Sample
    solution: Solution
    check: Callable[[], tuple[Diagnostic, ...]] = tuple
    origin: Origin | None = None
    start: NDArray[np.float64] | None = None
    rotation: "Rotation | None" = None

    @property
    def certificate(self) -> Certificate:
        """What is known about the optimum."""
        return self.solution.certificate

    @property
    def converged(self) -> bool:
        """Whether the estimate is a certified optimum."""
        return self.certificate.converged

    @property
    def certified(self) -> bool:
        """Whether the answer may be used as it is: a certified optimum within the parameter space."""
        return self.converged and self.certificate.admissible

    @property
    def table(self) -> ParameterTable:
        """The parameter table that was estimated, with exogenous moments filled in from the sample."""
        return drop_correlates(self.solution.model.table, self.sample.auxiliary)

    @property
    def npar(self) -> int:
        """Free parameters, equality constraints taken off, as the fit measures count them.

        `table.npar` counts the rows instead; so does lavaan's table.
        """
        return self.solution.model.constraints.count_free(self.solution.x)

    @property
    def title(self) -> str:
        """The title in the spec's header, or the name of its file; "model" for one that was given as text."""
        return name_model(self.spec)

    @cached_property
    def evaluated(self) -> EvaluatedSolution:
        """The solution with what the tables share, so that moments and information are computed once a fit."""
        return EvaluatedSolution(self.solution)

    @cached_property
    def judged(self) -> EvaluatedSolution:
        """What tests and fit measures are about: the same, or the structural part of estimates in steps."""
        return choose_judged(self.evaluated, self.options.inference)

    @property
    def _searched(self) -> EvaluatedSolution:
        """What scores and residuals are about: the whole, or the structural part of estimates in local steps."""
        return self.evaluated if self.solution.judged is None else self.judged

    @cached_property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What was found in the spec and in the model that it expands to; not what its estimates have settled."""
        settled = LATENT_PRODUCT if self.options.estimation.steps.sam_method == "local" else ""
        return tuple(entry for entry in self.check() if entry.code != settled)

    @cached_property
    def _reversed(self) -> tuple[Diagnostic, ...]:
        return check_reversed_items(self.solution)

    @cached_property
    def _rotated(self) -> tuple[Diagnostic, ...]:
        if self.rotation is None:
            return ()
        from sem_toolkit.fit.rotated import check_rotation_errors

        return check_rotation_errors(self.solution, self.rotation, self.options.inference)

    @cached_property
    def _undetermined(self) -> tuple[Diagnostic, ...]:
        return check_undetermined_errors(self.evaluated, self.options.inference) if self.converged else ()

    @cached_property
    def _coarse(self) -> tuple[Diagnostic, ...]:
        return find_coarse_items(self.table, self.sample, self.options)

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """All that a reader of the result must know: about the spec, the data and the optimum."""
        own = self.sample.messages + self.certificate.messages + self._reversed
        drawn = self.options.inference.resampled
        own += () if drawn is None else drawn.messages
        return self.findings + own + self._rotated + self._coarse + self._undetermined
