"""The resolution of a PNG in the file itself, so that word processors place it at its real size."""

import struct
import zlib

SIGNATURE_AND_HEADER = 8 + 25
"""Length of the signature and of the chunk IHDR, which comes first in every PNG."""

METRES_PER_INCH = 0.0254


def write_resolution(image: bytes, dpi: int) -> bytes:
    """The PNG with a chunk pHYs (pixels per metre) behind its header, in place of one that is there."""
    chunks, position = [image[:SIGNATURE_AND_HEADER]], SIGNATURE_AND_HEADER
    body = b"pHYs" + struct.pack(">IIB", *(round(dpi / METRES_PER_INCH),) * 2, 1)
    chunks.append(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
    while position < len(image):
        end = position + 12 + struct.unpack(">I", image[position : position + 4])[0]
        if image[position + 4 : position + 8] != b"pHYs":
            chunks.append(image[position:end])
        position = end
    return b"".join(chunks)
