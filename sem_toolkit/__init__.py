"""Structural equation modelling: lavaan-style text in; certified estimates, lavaan's inference and diagrams out.

>>> from sem_toolkit import fit
>>> result = fit("visual =~ x1 + x2 + x3", "survey.csv")
>>> result.certificate.verdict, result.parameters, result.fit_measures

The names of `__all__` are the public ones, which docs/stability.md is about.
"""

from sem_toolkit.loading import offer_lazily

TYPE_CHECKING = False  # typing itself is loaded later: a start that is interrupted meets nothing but the command
if TYPE_CHECKING:
    from sem_toolkit.comparison import Comparison, compare
    from sem_toolkit.comparison.atlas import Atlas
    from sem_toolkit.comparison.equivalents import Equivalents
    from sem_toolkit.comparison.exploration import Exploration, explore_factors
    from sem_toolkit.comparison.improve import Improvement
    from sem_toolkit.comparison.invariance import Invariance
    from sem_toolkit.diagnostics import (
        DataError,
        Diagnostic,
        EstimationError,
        ModelError,
        OptionError,
        SemError,
        SpecError,
    )
    from sem_toolkit.diagram import Diagram, DiagramStyle
    from sem_toolkit.face import atlas, check, diagram, equivalents, improve, invariance
    from sem_toolkit.fit import Check, Fit, fit
    from sem_toolkit.presented import Presented
    from sem_toolkit.resampling.bootstrap import Bootstrap, bootstrap
    from sem_toolkit.spec import Spec, parse_spec, read_spec

__all__ = [
    "Atlas", "Bootstrap", "Check", "Comparison", "DataError", "Diagnostic", "Diagram", "DiagramStyle",
    "Equivalents", "EstimationError", "Exploration", "Fit", "Improvement", "Invariance", "ModelError", "OptionError",
    "Presented", "SemError",
    "Spec", "SpecError", "atlas", "bootstrap", "check", "compare", "diagram", "equivalents",
    "explore_factors", "fit", "improve",
    "invariance", "parse_spec", "read_spec",
]  # fmt: skip
__version__ = "0.1.0"

offer_lazily(__name__)
