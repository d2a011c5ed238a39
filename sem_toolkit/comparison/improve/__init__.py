"""`improve(spec, data, ...)`: what is done by hand with modification indices, and what of it was won by chance."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.comparison.improve.improve import Improvement, improve, write_chain
    from sem_toolkit.comparison.improve.search import KINDS, SearchRules, Step

__all__ = ["KINDS", "Improvement", "SearchRules", "Step", "improve", "write_chain"]

offer_lazily(__name__)
