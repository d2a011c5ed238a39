"""`fit(spec, data, ...)` and the one result object that users hold."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.fit.check import Check, check_model
    from sem_toolkit.fit.moments import Moments
    from sem_toolkit.fit.options import FitOptions, parse_fit_options
    from sem_toolkit.fit.pipeline import estimate, prepare
    from sem_toolkit.fit.prepared import Prepared, prepare_schematic
    from sem_toolkit.fit.result import Fit
    from sem_toolkit.fit.run import fit

__all__ = [
    "Check",
    "Fit",
    "FitOptions",
    "Moments",
    "Prepared",
    "check_model",
    "estimate",
    "fit",
    "parse_fit_options",
    "prepare",
    "prepare_schematic",
]

offer_lazily(__name__)
