"""Rotation of exploratory blocks: criteria, the search for their optima, and the equations that errors come from."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.rotation.anchors import anchor_blocks, list_anchors
    from sem_toolkit.rotation.blocks import Block, find_blocks
    from sem_toolkit.rotation.checks import require_rotatable
    from sem_toolkit.rotation.options import ROTATIONS, RotationOptions
    from sem_toolkit.rotation.rotate import change_errors, match_factors, rotate_blocks
    from sem_toolkit.rotation.rotation import BlockRotation, Rotation

__all__ = [
    "ROTATIONS",
    "Block",
    "BlockRotation",
    "Rotation",
    "RotationOptions",
    "anchor_blocks",
    "change_errors",
    "find_blocks",
    "list_anchors",
    "match_factors",
    "require_rotatable",
    "rotate_blocks",
]

offer_lazily(__name__)
