"""Office files are ZIP archives: written so that the same picture is the same file, whenever it is made."""

import io
import zipfile

_DATE = (2000, 1, 1, 0, 0, 0)


def write_dates(archive: bytes) -> bytes:
    """The archive with one fixed date for all its members, in their order."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as given,
        zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED) as made,
    ):
        for name in given.namelist():
            made.writestr(zipfile.ZipInfo(name, _DATE), given.read(name), compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
