"""Maximum likelihood at many points at once: of many starts, or of many samples."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.interleaved import InterleavedSamples, PointSamples, evaluate_interleaved
from sem_toolkit.discrepancy.measured import MeasuredSamples
from sem_toolkit.discrepancy.ml import MaximumLikelihood
from sem_toolkit.discrepancy.stack import Evaluations, HeldSamples, conclude, factor_stack, invert_stack, pick_draws
from sem_toolkit.model import Model
from sem_toolkit.model.interleaved import find_layout, is_laid_out
from sem_toolkit.model.kernels import gather_cell_gradient, pull_back, pull_back_square
from sem_toolkit.model.measured import find_measured
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.model.namespace import get_namespace, move_to, swap
from sem_toolkit.model.pairs import gather_stacked_information, gather_stacked_observed

FloatArray = NDArray[np.float64]


def evaluate_likelihoods(
    own: MaximumLikelihood, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
) -> Evaluations:
    """Values and derivatives by x at every x (... × q); draws (b): which sample each of them belongs to."""
    space, targets = get_namespace(x), own.targets
    if draws is not None and space is np and is_laid_out(model):
        samples = pick_samples(own, draws, means=model.has_means)
        return evaluate_interleaved(find_layout(model, targets.share), x, samples, exact=exact)
    share = move_to(targets.share, x)
    sample = pick_draws(targets.covariance, draws, 3)
    with np.errstate(all="ignore"):
        proper, logs = (pick_draws(part, draws, 1) for part in own.definiteness)
        moments, exists = compute_stacked_moments(model, x)
        usable, log_determinants = factor_stack(moments.covariance)
        V = invert_stack(moments.covariance, usable)
        gap, pull = None, None
        if moments.mean is not None and targets.mean is not None:
            gap = pick_draws(targets.mean, draws, 2) - moments.mean
            sample = sample + gap[..., :, None] * gap[..., None, :]
            pull = -share[:, None] * (V @ gap[..., None])[..., 0]
        VC = V @ moments.used_columns
        expected = swap(moments.used_columns) @ VC
        observed = swap(VC) @ (sample @ VC)
        distance = space.sum(V * sample, axis=(-2, -1)) - sample.shape[-1]
        values = space.sum(share * (0.5 * (log_determinants - logs + distance)), axis=-1)
        products = 0.5 * share[:, None, None] * (expected - observed)
        gradients = pull_back(model, x, gather_cell_gradient(model, moments, products, pull))
        if exact:
            along = None if gap is None else (gap[..., None, :] @ VC)[..., 0, :]
            right = observed - 0.5 * expected
            parts = (expected, right, along)
            square = gather_stacked_observed(model.pairs, moments, parts, targets.share, (products, pull))
        else:
            square = gather_stacked_information(model.pairs, moments, expected, targets.share)
        informations = pull_back_square(model, x, square)
        return conclude(moments, exists, usable & proper, values, gradients, informations)


def hold_likelihoods(own: MaximumLikelihood, model: Model, draws: NDArray[np.intp]) -> HeldSamples:
    """The samples of these draws (b), to be asked for values and slopes alone; NumPy only."""
    samples, share = pick_samples(own, draws, means=model.has_means), own.targets.share
    layout = find_measured(model, share)
    return InterleavedSamples(model, samples) if layout is None else MeasuredSamples.place(model, layout, samples)


def pick_samples(own: MaximumLikelihood, draws: NDArray[np.intp], *, means: bool) -> PointSamples:
    """The samples of these draws, which are not copied where they are one behind the other."""
    targets, (definite, logarithms) = own.targets, own.definiteness
    whole = PointSamples(targets.share, targets.covariance, targets.mean if means else None, definite, logarithms)
    follow = len(draws) > 0 and bool((np.diff(draws) == 1).all())
    return whole.pick(slice(int(draws[0]), int(draws[-1]) + 1) if follow else draws)
