"""Estimators by lavaan's names: what each minimises, and the standard errors and test that belong to it."""

from dataclasses import dataclass
from typing import Literal

from sem_toolkit import discrepancy
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.discrepancy import DWLS, GLS, INSTRUMENTS, ML, SAMPLE_DWLS, ULS, WLS, Kind


@dataclass(frozen=True)
class Estimator:
    """A name of lavaan's and what it stands for.

    kind         the discrepancy that is minimised
    se, test     of standard errors and of exact fit, by lavaan's names
    information  what standard errors are made of
    ordered      name of the discrepancy of ordered variables, which is loaded where there are any; None: there is none
    ordered_se, ordered_test  what belongs to it where that is something else
    levels       likewise of rows in clusters that are modelled at two levels
    search       how the estimates are found: by "minimum" of the discrepancy, or by "instruments"
    """

    name: str
    kind: Kind
    se: str = "standard"
    test: str = "standard"
    information: str = "expected"
    ordered: str | None = None
    ordered_se: str = ""
    ordered_test: str = ""
    levels: str | None = None
    search: Literal["minimum", "instruments"] = "minimum"

    @property
    def kind_of_ordered(self) -> Kind:
        """The discrepancy of ordered variables, where there is one."""
        return _load_kind(self.ordered)

    @property
    def kind_of_levels(self) -> Kind:
        """That of two levels, where there is one."""
        return _load_kind(self.levels)


def _load_kind(name: str | None) -> Kind:
    assert name is not None  # noqa: S101 (options have been checked)
    found = getattr(discrepancy, name)
    assert isinstance(found, Kind)  # noqa: S101
    return found


# Robust estimators find the same estimates as the plain ones and differ in their standard errors and tests.
ESTIMATORS = {
    estimator.name: estimator
    for estimator in (
        Estimator("ML", ML, levels="TWO_LEVELS"),
        Estimator("MLM", ML, "robust.sem", "satorra.bentler"),
        Estimator("MLMV", ML, "robust.sem", "scaled.shifted"),
        Estimator("MLMVS", ML, "robust.sem", "mean.var.adjusted"),
        Estimator("MLR", ML, "robust.huber.white", "yuan.bentler.mplus", "observed", levels="TWO_LEVELS"),
        Estimator("MLF", ML, information="first.order", levels="TWO_LEVELS"),
        Estimator("GLS", GLS),
        Estimator(
            "ULS",
            ULS,
            "robust.sem.nt",
            "browne.residual.nt",
            ordered="CATEGORICAL_ULS",
            ordered_se="robust.sem",
            ordered_test="standard",
        ),
        Estimator("ULSM", ULS, "robust.sem", "satorra.bentler", ordered="CATEGORICAL_ULS"),
        Estimator("ULSMV", ULS, "robust.sem", "scaled.shifted", ordered="CATEGORICAL_ULS"),
        Estimator("ULSMVS", ULS, "robust.sem", "mean.var.adjusted", ordered="CATEGORICAL_ULS"),
        Estimator("WLS", WLS, ordered="CATEGORICAL_WLS"),
        Estimator(
            "DWLS",
            DWLS,
            "robust.sem.nt",
            "browne.residual.nt",
            ordered="CATEGORICAL_DWLS",
            ordered_se="robust.sem",
            ordered_test="standard",
        ),
        Estimator("WLSM", SAMPLE_DWLS, "robust.sem", "satorra.bentler", ordered="CATEGORICAL_DWLS"),
        Estimator("WLSMV", SAMPLE_DWLS, "robust.sem", "scaled.shifted", ordered="CATEGORICAL_DWLS"),
        Estimator("WLSMVS", SAMPLE_DWLS, "robust.sem", "mean.var.adjusted", ordered="CATEGORICAL_DWLS"),
        Estimator(
            "IV",
            INSTRUMENTS,
            test="browne.residual.nt",
            ordered="CATEGORICAL_INSTRUMENTS",
            ordered_test="browne.residual.adf",
            search="instruments",
        ),
    )
}


def get_estimator(name: str | Estimator) -> Estimator:
    """The record of a name, in letters of either case; a record stands for itself. Raises OptionError for others."""
    if isinstance(name, Estimator):
        return name
    found = ESTIMATORS.get(name.upper())
    if found is None:
        message = f'there is no estimator "{name}"'
        hint = "one of: " + ", ".join(ESTIMATORS)
        raise OptionError(Diagnostic("error", "unknown-estimator", message, hint=hint))
    return found
