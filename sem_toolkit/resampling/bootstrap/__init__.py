"""The bootstrap: what estimates would have been in other samples, and intervals from that."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.resampling.bootstrap.intervals import INTERVALS, build_limits, compute_acceleration
    from sem_toolkit.resampling.bootstrap.result import Bootstrap
    from sem_toolkit.resampling.bootstrap.run import bootstrap
    from sem_toolkit.resampling.bootstrap.samples import RESAMPLINGS

__all__ = ["INTERVALS", "RESAMPLINGS", "Bootstrap", "bootstrap", "build_limits", "compute_acceleration"]

offer_lazily(__name__)
