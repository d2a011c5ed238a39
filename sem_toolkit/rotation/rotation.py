"""What was rotated, and how."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.rotation.blocks import Block
from sem_toolkit.rotation.gradient_projection import RotationSearch
from sem_toolkit.rotation.options import RotationOptions

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BlockRotation:
    """How one block was rotated.

    rotation    T (m × m): the factors of the rotated solution are Tᵀ times the unrotated ones
    search      where T comes from; of promax that of varimax before it
    """

    block: Block
    rotation: FloatArray
    search: RotationSearch


@dataclass(frozen=True, eq=False)
class Rotation:
    """The rotations of the blocks of a solution."""

    options: RotationOptions
    blocks: tuple[BlockRotation, ...]
