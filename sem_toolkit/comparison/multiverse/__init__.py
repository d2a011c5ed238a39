"""`run_multiverse(spec, data, ...)`: a model under every combination of the choices that are marked in its spec."""

from collections.abc import Sequence

from sem_toolkit.comparison.multiverse.multiverse import Multiverse, run_multiverse
from sem_toolkit.comparison.multiverse.universes import Universe, list_universes

__all__: Sequence[str] = ["Multiverse", "Universe", "list_universes", "run_multiverse"]
