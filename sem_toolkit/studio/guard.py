"""Who may talk to the studio: this machine's own page with the token of this start, in bodies of bounded size.

A page from elsewhere can send requests to 127.0.0.1, so nothing rests on the network: the name that was called
(Host) must be one of this machine, which ends DNS rebinding; the page that calls (Origin) must be ours; and every
call of the interface carries the token in a header, which no other page can set or read. There are no cookies.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.studio.records import build_error

LARGEST_BODY = 4 << 20
"""Bytes of a call: a spec of 50 000 lines and more."""
LARGEST_UPLOAD = 256 << 20
"""Bytes of an uploaded file of data."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LOOPBACK = re.compile(r"https?://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?")
HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Door:
    """The names under which a server may be called, and the token of its interface.

    frame  origin of the page in whose frame the studio may stand (a notebook's), one of `require_frame`; "" for none
    """

    port: int
    token: str
    frame: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of every answer: of no other page's frame, or of those of `frame`."""
        if not self.frame:
            return HEADERS
        policy = _POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {self.frame}")
        kept = {name: value for name, value in HEADERS.items() if name != "x-frame-options"}
        return {**kept, "content-security-policy": policy}

    @property
    def hosts(self) -> frozenset[str]:
        """Values of Host."""
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    @property
    def origins(self) -> frozenset[str]:
        """Values of Origin."""
        return frozenset(f"http://{host}" for host in self.hosts)

    @property
    def address(self) -> str:
        """What is opened in the browser."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def find_fault(self, scope: Scope) -> tuple[int, str, str] | None:
        """Status, code and message for a request that is refused by its headers; None for one that may pass."""
        found: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        if len(found.get("host", ())) != 1 or found["host"][0] not in self.hosts:
            return 403, "wrong-host", "this server answers to 127.0.0.1 and localhost only"
        if any(origin not in self.origins for origin in found.get("origin", ())):
            return 403, "wrong-origin", "another page may not talk to the studio"
        # A frame is filled by a request of the page around it; that it is `frame` is held by frame-ancestors. The page
        # itself holds nothing: what it asks for is asked for with the token, by itself.
        is_framed = bool(self.frame) and scope["path"] == "/" and found.get("sec-fetch-dest") == ["iframe"]
        if not is_framed and found.get("sec-fetch-site", ["none"])[0] not in ("same-origin", "none"):
            return 403, "wrong-origin", "another page may not talk to the studio"
        if scope["path"].startswith("/api/"):
            given = found.get("x-studio-token", [""])
            if len(given) != 1 or not secrets.compare_digest(given[0].encode(), self.token.encode()):
                return 403, "missing-token", "the token is missing or wrong: open the address that the command printed"
        lengths = found.get("content-length", ["0"])
        if len(lengths) != 1 or not lengths[0].isdecimal():
            return 400, "bad-request", "the length of the request is no number"
        if int(lengths[0]) > find_limit(scope):
            return 413, "too-large", f"at most {find_limit(scope) >> 20} MB are taken"
        return None


def require_frame(origin: str) -> str:
    """An origin in whose frame the studio may stand. Raises OptionError for what is no page of this machine."""
    if _LOOPBACK.fullmatch(origin) is None:
        message = f'"{origin}" is no origin of this machine'
        hint = "as in the address of the notebook, without its path: http://localhost:8888"
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    return origin


def find_limit(scope: Scope) -> int:
    """How many bytes the body of a request may have."""
    return LARGEST_UPLOAD if scope["path"] == "/api/upload" else LARGEST_BODY


class Guard:
    """What stands before the application: refuses what `Door` refuses, counts bodies, and sets the headers."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything that is not plain HTTP gets no answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        fault = self._door.find_fault(scope)
        if fault is not None:
            await _refuse(send, *fault)
            return
        limit, taken = find_limit(scope), 0

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLargeError(f"at most {limit >> 20} MB are taken")
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message.get("headers", [])}
                extra = [(n.encode(), v.encode()) for n, v in self._door.headers.items() if n.encode() not in own]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        await self._app(scope, receive_counted, send_with_headers)


class TooLargeError(Exception):
    """A body went on after its limit."""


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps(build_error(Diagnostic("error", code, message))).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
