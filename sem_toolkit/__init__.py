"""Structural equation modelling: lavaan-style text in; certified estimates, lavaan's inference and diagrams out.

>>> from sem_toolkit import fit
>>> result = fit("visual =~ x1 + x2 + x3", "survey.csv")
>>> result.certificate.verdict, result.parameters, result.fit_measures
"""

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # typing itself is loaded later: a start that is interrupted meets nothing but the command
if TYPE_CHECKING:
    from sem_toolkit.comparison import Comparison, compare
    from sem_toolkit.diagnostics import DataError, EstimationError, ModelError, OptionError, SemError, SpecError
    from sem_toolkit.fit import Fit, fit

__all__ = [
    "Comparison", "DataError", "EstimationError", "Fit", "ModelError", "OptionError", "SemError", "SpecError",
    "compare", "fit",
]  # fmt: skip
__version__ = "0.1.0"

_HOMES = dict.fromkeys(__all__, "sem_toolkit.diagnostics")
_HOMES |= dict.fromkeys(("Fit", "fit"), "sem_toolkit.fit")
_HOMES |= dict.fromkeys(("Comparison", "compare"), "sem_toolkit.comparison")


class _Package(ModuleType):
    """This package, whose names are loaded when they are first asked for, so that the command can start before."""

    def __getattr__(self, name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = getattr(import_module(_HOMES[name]), name)
        setattr(self, name, found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        if name == "fit" and isinstance(value, ModuleType):
            # Python hands in the layer when it has been loaded. Its name goes to the function; and as the one place
            # above the layers the package gives every fit the words of the report and the samples of the bootstrap.
            from sem_toolkit.report.presenter import ReportPresenter
            from sem_toolkit.resampling.within_fits import FitResampler

            value.Fit.presenter, value.Fit.resampler = ReportPresenter(), FitResampler()
            value = value.fit
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
