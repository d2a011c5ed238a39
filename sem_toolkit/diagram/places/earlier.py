"""Where the variables stand in an earlier picture, from the SVG that was made of it."""

from pathlib import Path
from xml.etree import ElementTree

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_file
from sem_toolkit.diagram.places.pins import Layout, read_layout

SVG = "{http://www.w3.org/2000/svg}"


def read_earlier(path: str | Path) -> Layout:
    """The places in an SVG of ours, or in a layout file (.toml). Raises DataError where the file holds neither."""
    path = Path(path)
    if path.suffix.lower() == ".toml":
        return read_layout(path)
    try:
        root = ElementTree.fromstring(path.read_bytes())  # noqa: S314 - expat refuses entities that explode
    except FileNotFoundError:
        raise DataError(build_missing_file(path, "picture", endings={".svg", ".toml"})) from None
    except OSError as fault:
        raise DataError(Diagnostic("error", "unreadable-file", f"the picture {path}: {fault.strerror}")) from None
    except ElementTree.ParseError as fault:
        raise _build_fault(path, f"is no SVG: {fault}") from None
    found = {
        group.get("data-variable", ""): place
        for group in root.iter(f"{SVG}g")
        if group.get("data-variable") and (place := _find_centre(group)) is not None
    }
    if not found:
        raise _build_fault(path, "holds no variables")
    return Layout(found)


def _build_fault(path: Path, what: str) -> DataError:
    hint = "give an .svg that sem-toolkit diagram has written, or a layout file"
    return DataError(Diagnostic("error", "bad-picture", f"the picture {path} {what}", hint=hint))


def _find_centre(group: ElementTree.Element) -> tuple[float, float] | None:
    """The middle of the shape that a group holds."""
    try:
        for shape in group:
            if shape.tag == f"{SVG}ellipse":
                return float(shape.get("cx", "")), float(shape.get("cy", ""))
            if shape.tag == f"{SVG}rect":
                x, y, width, height = (float(shape.get(key, "")) for key in ("x", "y", "width", "height"))
                return x + width / 2, y + height / 2
            if shape.tag == f"{SVG}polygon":
                pairs = [tuple(map(float, pair.split(","))) for pair in shape.get("points", "").split()]
                across, down = zip(*pairs, strict=True)
                return (min(across) + max(across)) / 2, (min(down) + max(down)) / 2
    except ValueError:
        return None
    return None
