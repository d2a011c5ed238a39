"""Maximum likelihood of incomplete rows (FIML): each row by the moments of what it has.

F = Σ_g share_g (f_g(μ, Σ) − f_g(m, S)), with f the mean over rows of ½(log|Σ_i| + d_iᵀΣ_i⁻¹d_i) and (m, S) the
saturated model's estimates, so that F is 0 where the model reproduces these; 2nF is the likelihood ratio.
Arbuckle (1996), in Marcoulides & Schumacker, Advanced structural equation modeling, 243-277.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy.base import add_second_order, gather_gradient
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import ImpliedMoments, Model, compute_jacobian
from sem_toolkit.model.kernels import compute_products
from sem_toolkit.sample.incomplete import IncompleteLikelihood, compute_incomplete_likelihood

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FullInformation:
    """FIML for targets with patterns; the model must have means."""

    targets: Targets

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        found = self.evaluate(moments)
        return np.inf if found is None else found.value

    def evaluate(self, moments: ImpliedMoments) -> "FullInformationEvaluation | None":
        """Value and what its derivatives are made of; None where Σ is not positive definite."""
        if moments.mean is None:
            message = "the likelihood of incomplete rows needs a model with means"
            raise ModelError(
                Diagnostic("error", "no-means", message, hint="leave meanstructure out, or set it to true")
            )
        patterns, saturated = self.targets.patterns, self.targets.saturated
        assert patterns is not None  # noqa: S101
        assert saturated is not None  # noqa: S101
        found = []
        for own, mean, covariance in zip(patterns, moments.mean, moments.covariance, strict=True):
            likelihood = compute_incomplete_likelihood(own, mean, covariance)
            if likelihood is None or not np.isfinite(likelihood.value):
                return None
            found.append(likelihood)
        values = np.array([likelihood.value for likelihood in found]) - saturated
        return FullInformationEvaluation(self.targets, moments, values, tuple(found))


@dataclass(frozen=True, eq=False)
class FullInformationEvaluation:
    """The discrepancy at a point; its derivatives by the moments are those of the likelihood of each group."""

    targets: Targets
    moments: ImpliedMoments
    by_group: FloatArray
    likelihoods: tuple[IncompleteLikelihood, ...]

    @cached_property
    def value(self) -> float:
        return float(self.targets.share @ self.by_group)

    @cached_property
    def by_mean(self) -> FloatArray | None:
        return self.targets.share[:, None] * np.stack([own.by_mean for own in self.likelihoods])

    @cached_property
    def products(self) -> FloatArray:
        D = np.stack([own.by_covariance for own in self.likelihoods])
        return compute_products(self.moments, self.targets.share[:, None, None] * D)

    def gradient(self, model: Model, x: FloatArray) -> FloatArray:
        return gather_gradient(self, model, x)

    def information(self, model: Model, x: FloatArray) -> FloatArray:
        return self._pull_back(model, x, expected=True)

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        return add_second_order(model, x, self, self._pull_back(model, x, expected=False))

    def _pull_back(self, model: Model, x: FloatArray, *, expected: bool) -> FloatArray:
        """Σ_g share_g Δᵀ W_g Δ (q × q)."""
        delta = compute_jacobian(model, x, self.moments)
        result = np.zeros((delta.shape[-1],) * 2)
        for share, own, block in zip(self.targets.share, self.likelihoods, delta, strict=True):
            result += share * (block.T @ (own.information(expected=expected) @ block))
        return result
