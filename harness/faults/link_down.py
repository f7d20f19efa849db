"""Down: nobody listens at the other end of a link."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.base import Plan, Step
from harness.faults.link import OnLink, ends, hop_name, plan_link
from harness.stack.node import Scene

__all__ = ["Down"]


@dataclass(frozen=True, slots=True)
class Down(OnLink):
    """Connections that stand are closed, and new ones are refused; the node behind the link lives on.

    Heals: by listening again.

    Recovery: whoever is refused knows that nothing happened, tries again or goes another way; connections are
    made anew when the link is back.

    Attributes:
        link: the hop, ``from->to``.
    """

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a connection that is begun is refused."""
        hops = [hop_name(*pair) for pair in ends(self.link, scene)]
        steps: list[tuple[Step, Step]] = [
            ({"do": "proxy.disable", "hop": hop}, {"do": "proxy.enable", "hop": hop}) for hop in hops
        ]
        return plan_link(scene, self.link, steps, {"expect": "refused"})
