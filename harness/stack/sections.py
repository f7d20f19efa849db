"""What may stand under ``x-harness``, key by key: the source of its JSON schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

__all__ = [
    "AlertsSection",
    "Command",
    "Containment",
    "DiskSection",
    "GroupSection",
    "HttpRole",
    "LinkSection",
    "LoadSection",
    "ObserverSection",
    "RoleSource",
    "SteadySection",
    "WholeSection",
    "XHarness",
]

Port = Annotated[int, Field(ge=1, le=65535, description="a TCP port inside the container")]
Command = Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], Field(min_length=1)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
"""A name that can stand in a selector: no colon, no space."""

LinkName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+->[A-Za-z0-9_.-]+$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, data: Any) -> Any:
        """Name every unknown key with the keys it may be a slip of; pydantic alone does not know them."""
        if isinstance(data, dict):
            for key in data:
                if key not in _keys(cls):
                    raise PydanticCustomError(
                        "unknown_key",
                        "there is no key {key} here",
                        {"key": str(key), "known": _keys(cls)},
                    )
        return data


def _keys(section: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


class HttpRole(_Section):
    """A role asked for by HTTP, on the node's own loopback."""

    port: Port
    path: Annotated[str, StringConstraints(pattern="^/")] = Field(
        default="/", description="answers 200 with the role as its whole body"
    )


class RoleSource(_Section):
    """How a node is asked for its role: exactly one of the three."""

    patroni: Port | None = Field(default=None, description="the port of Patroni's REST API")
    http: HttpRole | None = Field(default=None, description="an HTTP path whose body is the role")
    command: Command | None = Field(
        default=None, description="a command, run in the node, that prints the role"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise PydanticCustomError(
                "one_of",
                "a role is asked in exactly one way: patroni, http or command; here {given}",
                {"given": " and ".join(given) or "none"},
            )
        return self


class GroupSection(_Section):
    """Nodes of one kind."""

    nodes: tuple[str, ...] = Field(min_length=1, description="the Compose services of the group")
    role: RoleSource | None = Field(default=None, description="how a node is asked what it is right now")
    roles: tuple[Word, ...] | None = Field(
        default=None, min_length=1, description="the role names that a command or a path may answer"
    )


class DiskSection(_Section):
    """Where the nodes of a group have a volume that can be put on a disk that breaks."""

    volume: Annotated[str, StringConstraints(pattern="^/")] = Field(
        description="where each node of the group sees its named volume"
    )
    size_mb: int = Field(
        default=2048,
        ge=300,
        description="the disk's size; its file takes only what is written. XFS needs 300",
    )


class LinkSection(_Section):
    """One directed TCP hop between two groups."""

    port: Port
    speaks: Literal["http", "postgres"] = Field(
        default="http", description="what the probe of a fault says there, so that it is answered"
    )


class LoadSection(_Section):
    """What drives the stack, and where it goes."""

    locustfile: str = Field(description="path of the locustfile, from the Compose file's folder")
    service: str = Field(description="the service whose published port the load goes to")
    port: Port
    secrets: tuple[str, ...] = Field(
        default=(), description="of x-harness.secrets, those that the load's process finds in its environment"
    )


class ObserverSection(_Section):
    """The command that prints the final books as JSON lines."""

    group: str = Field(description="it runs inside one running, healthy node of this group")
    command: Command
    timeout_s: float = Field(default=60.0, gt=0)


class WholeSection(_Section):
    """A command that exits with 0 when the stack is whole, else prints what is missing."""

    group: str
    command: Command
    timeout_s: float = Field(default=10.0, gt=0)


class AlertsSection(_Section):
    """Where the stack's own alerts are read: Prometheus, on the node's own loopback."""

    group: str = Field(description="the group of the Prometheus; its first node is asked")
    port: Port


class SteadySection(_Section):
    """What the stack does when nothing is wrong."""

    good_within_ms: float = Field(default=1000.0, gt=0)
    good_ratio_min: float = Field(default=0.9, gt=0, le=1)
    window_s: float = Field(default=1.0, gt=0)


class Containment(_Section):
    """No node of a stack has a way out while the harness works with it; here are the exceptions."""

    open: tuple[str, ...] = Field(
        default=(), description="services that keep their way to the host and beyond"
    )


class XHarness(_Section):
    """The ``x-harness`` section of a Compose file; every key but ``schema`` is optional."""

    schema_: Literal[1] = Field(default=1, alias="schema", description="the version of this section")
    groups: dict[Word, GroupSection] = Field(
        default={}, description="a service that no group names is a group by itself"
    )
    sites: dict[Word, tuple[str, ...]] = Field(default={}, description="nodes that fail together")
    links: dict[LinkName, LinkSection] = Field(default={}, description="directed hops, 'from->to'")
    disks: dict[Word, DiskSection] = Field(
        default={},
        description="by group: volumes that lie on a disk of their own when an experiment breaks disks",
    )
    clocks: tuple[Word, ...] = Field(
        default=(), description="groups whose image has libfaketime: an experiment can skew their wall clocks"
    )
    paths: dict[Word, Annotated[str, StringConstraints(pattern="^/")]] = Field(
        default={},
        description="by group: where its nodes see a volume whose paths can fail when an experiment wants it",
    )
    load: LoadSection | None = None
    observer: ObserverSection | None = None
    alerts: AlertsSection | None = None
    steady_state: SteadySection = SteadySection()
    whole: WholeSection | None = None
    containment: Containment = Containment()
    variants: dict[Word, str] = Field(default={}, description="name -> Compose override file")
    secrets: tuple[Variable, ...] = Field(
        default=(), description="variables that get 32 random characters when the stack comes up"
    )
    free_ports: tuple[Variable, ...] = Field(
        default=(),
        description="variables that get a free port of 127.0.0.1 when the stack comes up, and keep it",
    )
