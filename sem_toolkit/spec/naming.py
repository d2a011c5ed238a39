"""What a model is called: by the title in its header, or by its file."""

from collections.abc import Sequence
from pathlib import Path

from sem_toolkit.spec.specs import Spec

NAMELESS = "model"
"""A model that was given as text and has no title."""


def name_file(spec: Spec) -> str:
    """The name of the spec's file without its ending, for files that are made from it."""
    name = spec.source.name
    return NAMELESS if name.startswith("<") else Path(name).stem


def name_model(spec: Spec) -> str:
    """The title of a spec, or the name of its file without the ending."""
    return spec.header.title or name_file(spec)


def name_models(specs: Sequence[Spec]) -> list[str]:
    """A name for each of several specs, all different as far as they can be told apart.

    Their titles, or the names of their files where there is none; where two are the same, all have the names of their
    files, and where two of these are the same, their paths. Texts without a title are numbered where there are several.
    """
    if len(specs) == 1:
        return [name_model(specs[0])]
    files = [
        f"{NAMELESS} {place}" if spec.source.name.startswith("<") else name_file(spec)
        for place, spec in enumerate(specs, start=1)
    ]
    titles = [spec.header.title or file for spec, file in zip(specs, files, strict=True)]
    for names in (titles, files):
        if len(set(names)) == len(names):
            return names
    return [
        file if spec.source.name.startswith("<") else spec.source.name for spec, file in zip(specs, files, strict=True)
    ]
