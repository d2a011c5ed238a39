"""Libraries that take long to load, each loaded when something of it is first used."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import LazyModule

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from scipy import linalg, optimize, sparse, special
    from scipy.linalg import blas, lapack
    from scipy.sparse import csgraph
else:
    nx, pd = LazyModule("networkx"), LazyModule("pandas")
    linalg, lapack = LazyModule("scipy.linalg"), LazyModule("scipy.linalg.lapack")
    blas = LazyModule("scipy.linalg.blas")
    sparse, csgraph = LazyModule("scipy.sparse"), LazyModule("scipy.sparse.csgraph")
    optimize, special = LazyModule("scipy.optimize"), LazyModule("scipy.special")

__all__ = ["blas", "csgraph", "lapack", "linalg", "nx", "optimize", "pd", "sparse", "special"]
