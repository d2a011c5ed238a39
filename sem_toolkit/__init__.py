"""Structural equation modelling: lavaan-style text in; certified estimates, lavaan's inference and diagrams out.

>>> from sem_toolkit import fit
>>> result = fit("visual =~ x1 + x2 + x3", "survey.csv")
>>> result.certificate.verdict, result.parameters, result.fit_measures
"""

import gc

# What is imported stays: looking through it for garbage, now or later, would make a fifth of the time of a start.
_collecting = gc.isenabled()
gc.disable()
try:
    from sem_toolkit.diagnostics import DataError, EstimationError, ModelError, OptionError, SemError, SpecError
    from sem_toolkit.fit import Fit, fit
    from sem_toolkit.report.presenter import ReportPresenter
finally:
    if _collecting:
        gc.freeze()
        gc.enable()

# The one place above both layers: a fit is given the words of the report without knowing of it.
Fit.presenter = ReportPresenter()

__all__ = ["DataError", "EstimationError", "Fit", "ModelError", "OptionError", "SemError", "SpecError", "fit"]
__version__ = "0.1.0"
