"""What passes between the server and a process that works for it: a record in JSON, and bytes that go with it."""

import json
import struct
from typing import Any, BinaryIO

HEAD = struct.Struct("<II")
"""Lengths of the record and of the bytes."""
Record = dict[str, Any]


def pack(record: Record, body: bytes = b"") -> bytes:
    """One frame."""
    head = json.dumps(record).encode()
    return HEAD.pack(len(head), len(body)) + head + body


def read_frame(stream: BinaryIO) -> tuple[Record, bytes] | None:
    """The next frame of a stream; None at its end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    record_size, body_size = HEAD.unpack(head)
    return json.loads(stream.read(record_size)), stream.read(body_size)
