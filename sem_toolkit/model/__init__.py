"""Parameter table to RAM model: matrices, implied moments, closed-form derivatives, constraints, identification."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.model.cells import Cells, Locations
    from sem_toolkit.model.constraint_rows import build_constraints
    from sem_toolkit.model.constraints import Constraints
    from sem_toolkit.model.definitions import Definitions, build_definitions
    from sem_toolkit.model.existence import require_moments
    from sem_toolkit.model.identification import (
        GroupDegrees,
        IdentificationReport,
        check_identification,
    )
    from sem_toolkit.model.jacobian import compute_jacobian
    from sem_toolkit.model.kernels import compute_gradient, compute_information, compute_second_order
    from sem_toolkit.model.linear_equalities import LinearEqualities
    from sem_toolkit.model.moments import ImpliedMoments, RamMatrices, compute_matrices, compute_moments
    from sem_toolkit.model.placing import build_model, require_observed, require_size
    from sem_toolkit.model.population import draw_population
    from sem_toolkit.model.ram import Model

__all__ = [
    "Cells",
    "Constraints",
    "Definitions",
    "GroupDegrees",
    "IdentificationReport",
    "ImpliedMoments",
    "LinearEqualities",
    "Locations",
    "Model",
    "RamMatrices",
    "build_constraints",
    "build_definitions",
    "build_model",
    "check_identification",
    "compute_gradient",
    "compute_information",
    "compute_jacobian",
    "compute_matrices",
    "compute_moments",
    "compute_second_order",
    "draw_population",
    "require_moments",
    "require_observed",
    "require_size",
]

offer_lazily(__name__)
