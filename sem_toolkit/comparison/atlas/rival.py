"""One rival of a model: a spec made from the user's text, and in words what it changes and claims."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.files import make_folder, write_text
from sem_toolkit.spec import Spec
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.naming import name_model

GIVEN = "given"
"""What the user's own model is called among its rivals."""


@dataclass(frozen=True)
class Rival:
    """A model to set against another.

    name    short, as in a file's name
    family  "measurement" or "structure"
    change  what is different from its parent, in words
    claim   what it says of the world
    parent  name of the model that it was made from, and is compared with
    draft   its text
    loses_hints  whether hints for a picture may name variables that are gone
    """

    name: str
    family: str
    change: str
    claim: str
    parent: str
    draft: Draft
    loses_hints: bool = False

    def write(self, given: Spec) -> Spec:
        """The spec, its header saying what it is and what it was made from."""
        drop = ["include", *(["diagram"] if self.loses_hints else [])]  # what is included stands in the text
        title = f"{name_model(given)}: {self.change}"
        parent = Path(given.source.name).name.strip("<>") if self.parent == GIVEN else f"{self.parent}.lav"
        return self.draft.settle().describe(drop, title=title, claim=self.claim, parent=parent).spec


def write_rivals(specs: Mapping[str, Spec], folder: Path, given: Spec, data: object = None) -> tuple[Path, ...]:
    """Write each as NAME.lav into the folder, which is made where it is not there.

    given  the spec that they were made from
    data   the path of the rows, for the headers; None: that of the given header

    Raises DataError where the place cannot be written to.
    """
    make_folder(folder)
    if data is None and given.header.data:
        data = Path(given.source.name).parent / given.header.data
    paths = []
    for name, spec in specs.items():
        if isinstance(data, (str, Path)):
            header = spec.header
            said = {"title": header.title, "claim": header.claim, "parent": header.parent}
            drop = ["diagram"] if "codebook" in header.diagram else []  # its path is meant from the given folder
            spec = Draft(spec).describe(drop, **said, data=_see_from(Path(data), folder)).spec
        paths.append(folder / f"{name}.lav")
        write_text(paths[-1], spec.text)
    return tuple(paths)


def _see_from(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
