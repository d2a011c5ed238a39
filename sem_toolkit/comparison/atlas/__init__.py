"""`build_atlas(spec, data, ...)`: the usual rivals of a model, derived from its own text, fitted and set beside it."""

from sem_toolkit.comparison.atlas.atlas import Atlas, AtlasEntry, build_atlas, write_atlas
from sem_toolkit.comparison.atlas.rival import GIVEN, Rival

__all__ = ["GIVEN", "Atlas", "AtlasEntry", "Rival", "build_atlas", "write_atlas"]
