"""`build_atlas(spec, data, ...)`: the usual rivals of a model, derived from its own text, fitted and set beside it."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.comparison.atlas.atlas import Atlas, AtlasEntry, build_atlas, write_atlas
    from sem_toolkit.comparison.atlas.rival import GIVEN, Rival

__all__ = ["GIVEN", "Atlas", "AtlasEntry", "Rival", "build_atlas", "write_atlas"]

offer_lazily(__name__)
