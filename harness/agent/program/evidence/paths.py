"""Do calls on some paths of a node's volume go well? Tried there, on files of the probe's own."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import threading
from collections.abc import Generator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..clock import now
from ..containers import Container, Containers
from ..cuts import Cuts
from ..passthrough import rules_of
from ..refusal import Failed
from .item import Item, Open

__all__ = ["PathProbe", "matches", "sample", "tries"]

_NAME = ".harness-probe"
_BLOCK = b"\0" * 4096
_PAUSE_S = 0.1
_MISSED = 1e-6
"""How likely a look may be to find none of the calls that a share of them makes fail."""


def sample(path: str) -> str:
    """A path that the pattern matches, with a name that nobody else has. Pure."""
    return path.replace("**", "*").replace("*", _NAME).replace("?", "_")


def matches(path: str, name: str) -> bool:
    """Whether a pattern, of which only the last part has wildcards, matches a name at the volume's root. Pure."""
    return "/" not in path and fnmatchcase(name, path)


def tries(share: float) -> int:
    """How many calls are made until it is as good as sure that one is of the share. Pure."""
    return 1 if share >= 1 else math.ceil(math.log(_MISSED) / math.log(1 - share))


class PathProbe:
    """The effect: a call on a path of the rule fails with its error, or is as late as it says.

    A file beside it, which no rule concerns, must be written and read all the while. And at least one call of the
    node's own processes must have been harmed: that is counted by the pass-through, apart from the probe's calls.

    Args:
        watch: ``container``, ``place``, and the rule's ``path``, ``calls``, ``share``, ``error`` or ``delay_ms``.
        injection: whose rule it is.
    """

    tick_s = 0.02

    def __init__(self, watch: Mapping[str, Any], injection: str, containers: Containers, _cuts: Cuts) -> None:
        self._watch = watch
        self._injection = injection
        self._containers = containers
        self._error = getattr(errno, watch["error"]) if watch.get("error") else 0
        self._delay_s = float(watch.get("delay_ms") or 0) / 1000
        name = containers.get(watch["container"]).name
        self._item = Item(f"{name} {watch['path']} {'+'.join(watch['calls'])}")
        self._own = Item(f"{name} own calls on {watch['path']}", lasting=False, dates=False)
        self._beside = Open(f"{name} {watch['place']} beside it")
        self._has_beside = not matches(watch["path"], _NAME)
        self._seen: list[tuple[float, bool]] = []
        self._call_began: float | None = None
        self._ended = threading.Event()

    @property
    def items(self) -> Sequence[Item | Open]:
        """The path, the node's own calls, and what lies beside."""
        return [self._item, self._own, *([self._beside] if self._has_beside else [])]

    def open(self) -> None:
        """The node must run. Raises Failed."""
        found = self._containers.refresh(self._watch["container"])
        if not found.pid:
            raise Failed(f"{found.name} does not run")
        threading.Thread(target=self._look_on, name="path-probe", daemon=True).start()

    def tick(self, at: float) -> None:
        """Tell what was seen since; a call under way is late as soon as it is."""
        began = self._call_began
        if not self._container().pid:
            self._item.effect(at)
        while self._seen:
            when, harmed = self._seen.pop(0)
            (self._item.effect if harmed else self._item.normal)(when)
        if began is not None:
            late = self._delay_s and at - began >= self._delay_s
            (self._item.effect if late else self._item.neither)(at)

    def healed(self) -> None:
        """A call that still waits ends by itself."""

    def excused(self, item: Item | Open) -> str | None:
        """A node that does not run makes no call."""
        return item.down

    def close(self) -> None:
        """Look no more."""
        self._ended.set()

    def _container(self) -> Container:
        return self._containers.get(self._watch["container"])

    def _look_on(self) -> None:
        while not self._ended.is_set():
            found = self._container()
            down = None if found.pid else "it does not run"
            for item in self.items:
                item.down = down
            if found.pid:
                with contextlib.suppress(Failed, FileNotFoundError, ProcessLookupError):  # it is just ending
                    self._look(found)
            self._ended.wait(_PAUSE_S)

    def _look(self, container: Container) -> None:
        root = f"/proc/{container.pid}/root{self._watch['place']}/"
        self._look_at_own(container)
        at, code = now(), self._try(root + sample(self._watch["path"]))
        if code in (0, self._error or errno.ETIME):
            self._seen.append((at if code == 0 else now(), code != 0))
        else:
            self._item.down = os.strerror(code)
        if self._has_beside:
            self._look_beside(root + _NAME)

    def _look_at_own(self, container: Container) -> None:
        rule = rules_of(container).get(self._injection)
        if rule is None:
            self._own.normal(now())
        elif rule["harmed"]:
            self._own.effect(now())
            self._item.measured = f"{rule['harmed']} of {rule['seen']} calls of the node's own were harmed"
        else:
            self._own.neither(now())

    def _look_beside(self, path: str) -> None:
        began = now()
        code = next((code for code in _calls(path) if code), 0)
        (self._beside.effect if code else self._beside.normal)(began)

    def _try(self, path: str) -> int:
        """Until one call of the rule's is harmed; 0 when none is, ETIME for a late one, else the error's number."""
        for _ in range(tries(self._watch["share"])):
            if code := self._try_once(path):
                return code
        return 0

    def _try_once(self, path: str) -> int:
        calls = _calls(path, self._watch["calls"])
        try:
            while True:
                self._call_began = began = now()
                code = next(calls, None)
                if code:
                    return code
                if code is None:
                    return 0
                if self._delay_s and now() - began >= self._delay_s:
                    return errno.ETIME
        finally:
            self._call_began = None
            calls.close()


def _calls(path: str, of: Sequence[str] = ("create", "write", "fsync")) -> Generator[int]:
    """One call after the other on a file that is gone afterwards; of each the error's number, 0 when it went well.

    What is to be made before a call can be tried, is made.
    """
    file = -1
    try:
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        yield 0
        os.write(file, _BLOCK)
        yield 0
        if "fsync" in of:
            os.fsync(file)
            yield 0
        if "open" in of or "read" in of:
            os.close(file)
            file = -1
            file = os.open(path, os.O_RDONLY)
            yield 0
        if "read" in of:
            os.read(file, len(_BLOCK))
            yield 0
    except FileNotFoundError:
        raise  # the node has just ended, or there is no such folder
    except OSError as error:
        yield error.errno or errno.EIO
    finally:
        if file >= 0:
            os.close(file)
        with contextlib.suppress(OSError):
            Path(path).unlink()
