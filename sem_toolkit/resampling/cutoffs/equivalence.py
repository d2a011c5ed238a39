"""Equivalence tests of fit: the misfit that can be ruled out (T-size), and bins for it that know df and n.

Source: Yuan, Chan, Marcoulides & Bentler (2016), Structural Equation Modeling 23, 319-330; Marcoulides & Yuan (2017),
Structural Equation Modeling 24, 148-153.
"""

import math
from dataclasses import dataclass

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.inference.distributions import compute_noncentrality_limit

LABELS = ("excellent", "close", "fair", "mediocre", "poor")
"""What a T-size between two bins is called, from best to worst."""


@dataclass(frozen=True)
class TSize:
    """The RMSEA or CFI that the data rule out at 5 %, and the bins that go with it.

    conventional  the bins of old; bins: those that mean the same for this df and n, from best to worst
    """

    measure: str
    value: float
    conventional: tuple[float, ...]
    bins: tuple[float, ...]

    @property
    def label(self) -> str:
        """Which bin the T-size falls into."""
        worse = [self.value > bound if self.measure == "rmsea" else self.value < bound for bound in self.bins]
        return LABELS[sum(worse)]


def compute_t_sizes(
    chisq: float, df: float, chisq_null: float, p: int, n: float, alpha: float = 0.05
) -> tuple[TSize, TSize]:
    """T-size RMSEA and CFI of one group of n rows with p variables.

    chisq_null  of the baseline model of uncorrelated variables

    Raises ModelError where there are no degrees of freedom.
    """
    if df < 1:
        message = "a model without degrees of freedom has no test of equivalence"
        raise ModelError(Diagnostic("error", "no-degrees-of-freedom", message))
    rmsea = math.sqrt(compute_noncentrality_limit(chisq, df, alpha) / (df * n))
    upper = compute_noncentrality_limit(chisq, df, 0.5 * alpha)
    null = compute_noncentrality_limit(chisq_null, p * (p - 1) / 2, 1.0 - 0.5 * alpha)
    cfi = 1.0 - upper / max(upper, null, 1e-300)
    return (
        TSize("rmsea", rmsea, (0.01, 0.05, 0.08, 0.10), compute_rmsea_bins(df, n)),
        TSize("cfi", cfi, (0.99, 0.95, 0.92, 0.90), compute_cfi_bins(df, p, n)),
    )


def compute_rmsea_bins(df: float, n: float) -> tuple[float, ...]:
    """T-size RMSEA that stand for .01, .05, .08 and .10, by regressions on df and n (Yuan et al., 2016, table 3)."""
    d, m = math.log(df), math.log(n)
    fifth = n**0.2
    return (
        math.exp(1.34863 - 0.51999 * d + 0.01925 * d * d - 0.59811 * m + 0.00902 * math.sqrt(n) + 0.01796 * d * m),
        math.exp(
            2.06034 - 0.62974 * d + 0.02512 * d * d - 0.98388 * m + 0.05442 * m * m - 0.00005188 * n + 0.05260 * d * m
        ),
        math.exp(
            2.84129 - 0.54809 * d + 0.02296 * d * d - 0.76005 * m + 0.10229 * m * m - 1.11167 * fifth + 0.04845 * d * m
        ),
        math.exp(
            2.36352 - 0.49440 * d + 0.02131 * d * d - 0.64445 * m + 0.09043 * m * m - 1.01634 * fifth + 0.04422 * d * m
        ),
    )


def compute_cfi_bins(df: float, p: int, n: float) -> tuple[float, ...]:
    """T-size CFI that stand for .99, .95, .92 and .90, likewise; p variables."""
    null = p * (p - 1) / 2
    d, i, m = math.log(df), math.log(null), math.log(n)
    fifth = n**0.2
    return (
        1.0
        - math.exp(
            4.67603 - 0.50827 * d + 0.87087 * df**0.2 - 0.59613 * null**0.2 - 1.89602 * m + 0.10190 * m * m
            + 0.03729 * d * m
        ),
        1.0
        - math.exp(
            4.12132 - 0.46285 * d + 0.52478 * df**0.2 - 0.31832 * null**0.2 - 1.74422 * m + 0.13042 * m * m
            - 0.02360 * math.sqrt(n) + 0.04215 * d * m
        ),
        1.0
        - math.exp(
            6.31234 - 0.41762 * d + 0.01554 * d * d - 0.00563 * i * i - 1.30229 * m + 0.19999 * m * m
            - 2.17429 * fifth + 0.05342 * d * m - 0.01520 * i * m
        ),
        1.0
        - math.exp(
            5.96633 - 0.40425 * d + 0.01384 * d * d - 0.00411 * i * i - 1.20242 * m + 0.18763 * m * m
            - 2.06704 * fifth + 0.05245 * d * m - 0.01533 * i * m
        ),
    )  # fmt: skip
