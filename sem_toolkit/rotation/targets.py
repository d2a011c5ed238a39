"""Targets of exploratory blocks."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.rotation.blocks import Block
from sem_toolkit.rotation.options import RotationOptions

FloatArray = NDArray[np.float64]


def build_target(options: RotationOptions, block: Block) -> FloatArray | None:
    """The block's target (p × m), NaN where a loading is free; None for rotations without one.

    Raises ModelError for a block without a target, and for one of another shape.
    """
    if not options.has_target:
        return None
    target = options.get_target(block.name)
    shape = (len(block.items), len(block.factors))
    if target is None:
        message = f'there is no target for the exploratory block "{block.name}"'
        hint = f"give one of {shape[0]} rows (items) and {shape[1]} columns (factors), under the name of the block"
        raise ModelError(Diagnostic("error", "target-shape", message, hint=hint))
    values = np.array([[np.nan if value is None else value for value in row] for row in target], dtype=np.float64)
    if values.shape != shape:
        message = (
            f'the target has {len(target)} rows and {len(target[0])} columns, and the block "{block.name}" has '
            f"{shape[0]} items and {shape[1]} factors"
        )
        hint = f"its rows are {', '.join(block.items)}; its columns are {', '.join(block.factors)}"
        raise ModelError(Diagnostic("error", "target-shape", message, hint=hint))
    return values
