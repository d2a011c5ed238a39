"""Structural equation modelling: lavaan-style text in; certified estimates, lavaan's inference and diagrams out.

>>> from sem_toolkit import fit
>>> result = fit("visual =~ x1 + x2 + x3", "survey.csv")
>>> result.certificate.verdict, result.parameters, result.fit_measures
"""

from sem_toolkit.diagnostics import DataError, EstimationError, ModelError, OptionError, SemError, SpecError
from sem_toolkit.fit import Fit, fit

__all__ = ["DataError", "EstimationError", "Fit", "ModelError", "OptionError", "SemError", "SpecError", "fit"]
__version__ = "0.1.0"
