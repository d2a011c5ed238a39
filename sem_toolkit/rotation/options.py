"""What can be asked of a rotation, by lavaan's names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

ROTATIONS = (
    "geomin", "oblimin", "quartimin", "promax", "varimax", "quartimax", "orthomax", "cf", "cf-quartimax", "cf-varimax",
    "cf-equamax", "cf-parsimax", "cf-facparsim", "target", "target.strict", "biquartimin", "bigeomin", "infomax",
    "oblimax", "bentler", "simplimax", "entropy", "mccammon", "tandem1", "tandem2", "none",
)  # fmt: skip
OTHER_NAMES: Mapping[str, str] = {
    "crawfer": "cf",
    "crawford-ferguson": "cf",
    "crawford.ferguson": "cf",
    "pst": "target",
    "bi-quartimin": "biquartimin",
    "bi-geomin": "bigeomin",
    "bifactor": "bigeomin",
    **{f"cf.{kind}": f"cf-{kind}" for kind in ("quartimax", "varimax", "equamax", "parsimax", "facparsim")},
}
ALWAYS_ORTHOGONAL = frozenset({"varimax", "quartimax", "orthomax", "entropy", "mccammon", "tandem1", "tandem2"})
"""Criteria without a useful minimum among oblique rotations, where factors fall into one."""

RotationErrors = Literal["bordered", "delta"]
RowWeights = Literal["none", "kaiser"]
Order = Literal["index", "sumofsquares", "none"]
Target = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class RotationOptions:
    """How exploratory blocks are rotated.

    method        a criterion's name; "none" leaves the blocks as they were estimated
    errors        "bordered": standard errors by lavaan's equations; "delta": by those that the rotation solves
    orthogonal    whether factors stay uncorrelated
    row_weights   "kaiser": rows at length 1 while they are rotated; None: as the criterion is used to
    std_ov        whether items are standardised while they are rotated
    order         of the factors: by the mean place of their large loadings, by their sums of squares, or as they come
    reflect       whether factors with a negative sum of loadings are turned
    target        rows of loadings to rotate towards, None where a loading is free; by block where blocks differ
    freed         whether loadings that a target gives a value other than 0 were left free, as "target" does by itself
    starts, seed  of the search
    """

    method: str = "geomin"
    errors: RotationErrors = "bordered"
    orthogonal: bool = False
    row_weights: RowWeights | None = None
    std_ov: bool = True
    order: Order = "index"
    reflect: bool = True
    geomin_epsilon: float = 0.001
    oblimin_gamma: float = 0.0
    orthomax_gamma: float = 1.0
    cf_gamma: float = 0.0
    promax_kappa: float = 4.0
    target: Mapping[str, Target] = field(default_factory=dict)
    freed: bool = False
    starts: int = 30
    seed: int = 1

    @property
    def is_orthogonal(self) -> bool:
        """Whether factors stay uncorrelated, by the criterion's nature or because that was asked for."""
        return self.orthogonal or self.method in ALWAYS_ORTHOGONAL

    @property
    def normalizes(self) -> bool:
        """Whether rows have length 1 while they are rotated (Kaiser, 1958)."""
        if self.row_weights is None:
            return self.method in ("varimax", "promax")
        return self.row_weights == "kaiser"

    @property
    def has_general(self) -> bool:
        """Whether the first factor is a general one, which the criterion spares."""
        return self.method in ("biquartimin", "bigeomin")

    @property
    def has_target(self) -> bool:
        """Whether loadings are rotated towards given ones."""
        return self.method in ("target", "target.strict")

    def get_target(self, block: str) -> Target | None:
        """The target of a block: its own, or that of all blocks."""
        return self.target.get(block, self.target.get(""))


def find_arguments(method: str) -> Sequence[str]:
    """The arguments that only this criterion heeds, by lavaan's names."""
    return _OF_METHOD.get(method, ())


_OF_METHOD: Mapping[str, Sequence[str]] = {
    "geomin": ("geomin_epsilon",),
    "bigeomin": ("geomin_epsilon",),
    "oblimin": ("oblimin_gamma",),
    "orthomax": ("orthomax_gamma",),
    "cf": ("cf_gamma",),
    "promax": ("promax_kappa",),
    "target": ("target", "target_mask"),
    "target.strict": ("target",),
}
COMMON_ARGUMENTS = ("orthogonal", "row_weights", "std_ov", "reflect", "order_lv_by", "rstarts")
