"""Rotation of exploratory blocks: criteria, the search for their optima, and the equations that errors come from."""

from sem_toolkit.rotation.blocks import Block, find_blocks
from sem_toolkit.rotation.options import ROTATIONS, RotationOptions
from sem_toolkit.rotation.rotate import BlockRotation, Rotation, require_rotatable, rotate_blocks

__all__ = [
    "ROTATIONS",
    "Block",
    "BlockRotation",
    "Rotation",
    "RotationOptions",
    "find_blocks",
    "require_rotatable",
    "rotate_blocks",
]
