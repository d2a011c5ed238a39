"""`fit(spec, data, ...)` and the one result object that users hold."""

from sem_toolkit.fit.check import Check, check_model
from sem_toolkit.fit.options import FitOptions, Moments, parse_fit_options
from sem_toolkit.fit.result import Fit
from sem_toolkit.fit.run import fit

__all__ = ["Check", "Fit", "FitOptions", "Moments", "check_model", "fit", "parse_fit_options"]
