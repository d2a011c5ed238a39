"""Structural equation modelling: lavaan-style text in; certified estimates, lavaan's inference and diagrams out.

>>> from sem_toolkit import fit
>>> result = fit("visual =~ x1 + x2 + x3", "survey.csv")
>>> result.certificate.verdict, result.parameters, result.fit_measures
"""

from sem_toolkit.loading import offer_lazily

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

offer_lazily(__name__)
