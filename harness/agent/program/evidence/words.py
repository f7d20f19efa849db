"""What a probe says to a service that it does not know, so that it answers."""

from __future__ import annotations

from ..refusal import Refused

__all__ = ["hello"]

_BULK_BYTES = 9000
_REQUESTS = 16


def hello(speaks: str, *, bulk: bool) -> bytes:
    """What to send.

    Args:
        speaks: ``http`` (also good for most protocols of text: an error is an answer too) or ``postgres``.
        bulk: some kilobytes each way, so that a rate or a limit shows.

    Raises:
        Refused: nobody speaks that.
    """
    if speaks == "postgres":
        return _postgres(bulk=bulk)
    if speaks == "http":
        return _http(bulk=bulk)
    raise Refused(f"a link cannot speak {speaks!r}; there are: http, postgres")


def _postgres(*, bulk: bool) -> bytes:
    """A start of protocol 3.0 with an option that no server knows.

    The server names what it does not know in its NegotiateProtocolVersion message, ahead of any log-in: it echoes.
    Whoever leaves during the log-in is not logged. Without bulk a question for encryption is enough: one byte comes.
    """
    if not bulk:
        return (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
    words = b"user\0probe\0database\0probe\0_pq_." + b"x" * _BULK_BYTES + b"\0\0\0"
    return (len(words) + 8).to_bytes(4, "big") + (196608).to_bytes(4, "big") + words


def _http(*, bulk: bool) -> bytes:
    """Requests in a row, which the server answers one by one; the last one ends the connection."""
    if not bulk:
        return _request("", close=True)
    padding = "x" * (_BULK_BYTES // _REQUESTS)
    return _request(padding, close=False) * (_REQUESTS - 1) + _request(padding, close=True)


def _request(padding: str, *, close: bool) -> bytes:
    extra = f"X-Probe: {padding}\r\n" if padding else ""
    return f"GET / HTTP/1.1\r\nHost: probe\r\n{extra}{'Connection: close' if close else 'Accept: */*'}\r\n\r\n".encode()
