"""Work on several containers, a few at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from .refusal import Failed, Gone

__all__ = ["each"]

_AT_ONCE = 4


def each(change: Callable[[str], None], containers: Sequence[str]) -> list[str]:
    """Change some containers past errors; one that is gone is fine. Returns what went wrong."""
    errors: list[str] = []

    def one(container: str) -> None:
        try:
            change(container)
        except Gone:
            return
        except Failed as error:
            errors.append(str(error))

    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, max(1, len(containers)))) as pool:
        list(pool.map(one, containers))
    return errors
