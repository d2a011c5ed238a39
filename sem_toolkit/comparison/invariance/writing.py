"""The steps of a ladder as files: each a spec that means the same by itself."""

import os
from pathlib import Path

from sem_toolkit.comparison.invariance.ladder import Invariance, Step
from sem_toolkit.files import make_folder, write_text
from sem_toolkit.spec import Spec
from sem_toolkit.spec.naming import name_file, name_model
from sem_toolkit.spec.written import write_header

_SAID_ELSEWHERE = frozenset({"sample_cov", "sample_mean", "sample_nobs", "meanstructure"})


def write_steps(found: Invariance, spec: Spec, data: object, folder: Path) -> tuple[Path, ...]:
    """Write STEM-configural.lav, STEM-metric.lav, … into a folder, which is made where it is not there.

    Beside a step whose rules are broken stands STEM-STEP-partial.lav, with the equality released that gains most.
    data  the path of the rows, for the header; None: that of the spec's header

    Raises DataError where the place cannot be written to.
    """
    make_folder(folder)
    texts = {}
    for name, step in found.steps.items():
        texts[name] = _build_text(found, step, step.partial, spec, _find_data(spec, data, folder), name)
        if not step.failed or step.test is None:
            continue
        best = step.releases[step.releases["df"] > 0]
        if len(best) > 1:  # with its only equality released nothing new would be equal
            partial = (*step.partial, str(best.iloc[0]["parameter"]))
            called = f"{name}, {partial[-1]} released"
            texts[f"{name}-partial"] = _build_text(found, step, partial, spec, _find_data(spec, data, folder), called)
    paths = tuple(folder / f"{name_file(spec)}-{name}.lav" for name in texts)
    for path, text in zip(paths, texts.values(), strict=True):
        write_text(path, text)
    return paths


def _build_text(found: Invariance, step: Step, partial: tuple[str, ...], spec: Spec, data: str, called: str) -> str:
    text, options = found.ladder.write(step.equal, partial)
    parent = "" if spec.source.name.startswith("<") else Path(spec.source.name).name
    kept = {name: value for name, value in options.items() if name not in _SAID_ELSEWHERE}
    kept["meanstructure"] = True
    return write_header({"title": f"{name_model(spec)}: {called}", "parent": parent, "data": data}, kept) + "\n" + text


def _find_data(spec: Spec, data: object, folder: Path) -> str:
    """The file of the rows as seen from the folder; empty for rows that are in no file."""
    if data is None and spec.header.data:
        data = Path(spec.source.name).parent / spec.header.data
    if not isinstance(data, (str, Path)):
        return ""
    try:
        return Path(os.path.relpath(data, folder)).as_posix()
    except ValueError:  # another drive
        return Path(data).as_posix()
