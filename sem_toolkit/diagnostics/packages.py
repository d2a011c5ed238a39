"""Packages that are not installed: what needs one, and the extra that brings it."""

from sem_toolkit.diagnostics.errors import DataError
from sem_toolkit.diagnostics.values import Diagnostic


def build_missing_package(subject: str, package: str, extra: str) -> Diagnostic:
    """The fault of a package that is not there.

    subject  what needs it, in the singular, such as "the studio" or "a .docx file"
    package  its name where packages are installed from, such as "python-docx"
    extra    the extra of sem-toolkit that brings it
    """
    message = f"{subject} needs the package {package}, which is not installed"
    return Diagnostic("error", "missing-package", message, hint=f"pip install 'sem-toolkit[{extra}]'")


def require_package(subject: str, package: str, extra: str, module: str = "") -> None:
    """Raise DataError where a package is not installed, before anything is computed for its sake.

    module  its name in Python where that is another; else as for `build_missing_package`
    """
    from importlib.util import find_spec

    if find_spec(module or package) is None:
        raise DataError(build_missing_package(subject, package, extra))
