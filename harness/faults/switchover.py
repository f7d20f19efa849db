"""Switchover: the primary hands over to a replica, as planned maintenance does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import names, start
from harness.stack.node import Scene

__all__ = ["Switchover"]

_LOGIN = ["PATRONI_RESTAPI_USERNAME", "PATRONI_RESTAPI_PASSWORD"]
_WITHIN_S = 40.0
_PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Switchover:
    """Patroni on the primary is asked to hand over to the replica that it finds best.

    The node's name must be its Patroni's name. The user and the password of Patroni's API are taken from the
    environment of the node's first process by the agent; neither the harness nor its journal sees them.

    Heals: by starting the nodes, where one died of it; the new primary stays what it is.

    Recovery: none is needed: clients meet a refusal or a broken connection for about as long as a restart takes, and
    send the same key again.

    Attributes:
        group: a group whose roles Patroni decides.
        port: of Patroni's REST API.
    """

    instant: ClassVar[bool] = True
    destroys: ClassVar[bool] = False

    group: str
    port: int = 8008

    def __post_init__(self) -> None:
        if ":" in self.group:
            raise ExperimentError(
                f"Switchover: group must be a group's name, not {self.group!r}",
                mend="Its primary hands over: the fault finds it by itself",
            )
        if not 1 <= self.port <= _PORT_MAX:
            raise ExperimentError(f"Switchover: port must be from 1 to {_PORT_MAX}, not {self.port}")

    def selectors(self) -> tuple[str, ...]:
        """The primary, and the group that it hands over to."""
        return (f"{self.group}:primary", self.group)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: the primary says that it is none any more, and then another one says that it is."""
        (primary, *_), group = (scene.resolve(selector) for selector in self.selectors())
        others = [node.container for node in group if node != primary]
        if not others:
            raise UnsupportedFault(
                f"Switchover: {primary.name} is alone in {self.group}: nobody can take over"
            )
        return Plan(
            nodes=(primary,),
            inject=(
                {
                    "do": "http.send",
                    "container": primary.container,
                    "method": "POST",
                    "port": self.port,
                    "path": "/switchover",
                    "body": {"leader": primary.name},
                    "login": _LOGIN,
                    "timeout_s": _WITHIN_S,
                },
            ),
            heal=tuple(start(node) for node in group),
            probes=(
                Probe(
                    {
                        "probe": "primary",
                        "container": primary.container,
                        "others": others,
                        "port": self.port,
                    },
                    lasting=False,
                ),
            ),
            resolved={f"{self.group}:primary": (primary.name,), self.group: names(group)},
        )
