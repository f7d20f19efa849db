"""GET, with a deadline, from what runs beside us."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

__all__ = ["NoAnswer", "NobodyThere", "get"]


class NoAnswer(Exception):  # what happened, not whose fault it was
    """No answer of 2xx came; the text says what did."""


class NobodyThere(NoAnswer):
    """The host is not running, or nothing listens there."""


def get(url: str, timeout_s: float, *, token: str = "") -> bytes:
    """The body. With a token it is asked for as that token's bearer.

    Raises:
        NobodyThere: the name is not known, or the connection was refused.
        NoAnswer: anything else than a 2xx.
    """
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=shown)  # noqa: S310  # our own addresses
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310  # the same
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise NoAnswer(
                f"{url} answered {error.code}: {error.read()[:200].decode(errors='replace')}"
            ) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, (socket.gaierror, ConnectionRefusedError)):
            raise NobodyThere(f"{url}: {error.reason}") from error
        raise NoAnswer(f"{url}: {error.reason}") from error
    except OSError as error:
        raise NoAnswer(f"{url}: {error}") from error
    return body
