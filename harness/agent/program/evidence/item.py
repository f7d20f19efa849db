"""One thing looked at, and the story of what was seen. Pure: times are given, nothing is read."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["SILENCE_S", "Item", "Open"]

SILENCE_S = 1.0
"""Nobody looked for this long: that is a gap too."""
_GAPS_KEPT = 20


@dataclass(slots=True, eq=False)
class Item:
    """One thing looked at (a pair's datagrams, a process).

    A look shows the *effect* or the *normal*. The effect counts from the first look after which no look
    showed the normal; it is settled when it has stood for ``settle_s``.

    Attributes:
        name: for people: ``ledger-1 -> ledger-2 datagrams``.
        lasting: whether the effect must stand without a gap until the heal.
        settle_s: how long it must stand before it is believed.
        dates: whether it tells since when the effect stands; what is looked at more rarely only confirms it.
        effect_at, settled: since when the effect stands, and whether it is believed.
        gone_at: the first normal look after the heal (after the effect, for an instant fault).
        gaps: what broke the evidence, each with its time.
        looks: how many there were while the fault was on.
        down: why it cannot be looked at now; None when it can.
        measured: what was measured while the fault was on, with its unit; for people.
    """

    name: str
    lasting: bool = True
    settle_s: float = 0.0
    dates: bool = True
    began_at: float | None = None
    healed_at: float | None = None
    effect_at: float | None = None
    settled: bool = False
    gone_at: float | None = None
    normal_at: float | None = None
    seen_at: float | None = None
    looks: int = 0
    gaps: list[tuple[float, str]] = field(default_factory=list)
    down: str | None = None
    measured: str = ""

    def begin(self, at: float) -> None:
        """The injection begins: from now on the effect counts."""
        self.began_at = self.seen_at = at

    def heal(self, at: float) -> None:
        """The heal begins: from now on the normal is no gap."""
        self._silence(at)
        self.healed_at = at

    def normal(self, at: float) -> None:
        """A look, at that time, showed no fault."""
        self.normal_at = at
        self.down = None
        if self.began_at is None or at < self.began_at:
            return
        if self.healed_at is None:
            self._look(at)
        elif at >= self.healed_at and self.gone_at is None:
            self.gone_at = at
        if self.effect_at is not None:
            self._normal_after(at, self.effect_at)

    def effect(self, at: float) -> None:
        """A look, at that time, showed the effect."""
        if self.began_at is None or at < self.began_at or self.healed_at is not None:
            return
        self._look(at)
        if self.effect_at is None:
            self.effect_at = at
        if at - self.effect_at >= self.settle_s:
            self.settled = True

    def neither(self, at: float) -> None:
        """A look, at that time, showed that the fault is there and has not bitten yet."""
        if self.began_at is not None and at >= self.began_at and self.healed_at is None:
            self._look(at)

    def _normal_after(self, at: float, effect_at: float) -> None:
        if self.healed_at is not None and at >= self.healed_at:
            return
        if not self.settled and at >= effect_at:
            self.effect_at = None
        elif self.settled and at > effect_at:
            if self.lasting:
                self.gap(at, "the effect was not there")
            elif self.gone_at is None:
                self.gone_at = at

    def _look(self, at: float) -> None:
        self.looks += 1
        self._silence(at)

    def _silence(self, at: float) -> None:
        if self.lasting and self.seen_at is not None and at - self.seen_at > SILENCE_S:
            self.gap(self.seen_at, f"nobody looked for {at - self.seen_at:.1f} s")
        self.seen_at = at if self.seen_at is None else max(at, self.seen_at)

    def gap(self, at: float, why: str) -> None:
        """Something broke the evidence; the first ones are kept."""
        if len(self.gaps) < _GAPS_KEPT:
            self.gaps.append((at, f"{self.name}: {why}"))


@dataclass(slots=True, eq=False)
class Open:
    """One thing that a one-way fault must leave alone: it is seen to work during the fault, without a gap.

    The attributes are those of `Item`.
    """

    name: str
    lasting: bool = True
    dates: bool = False
    began_at: float | None = None
    healed_at: float | None = None
    effect_at: float | None = None
    settled: bool = False
    gone_at: float | None = None
    normal_at: float | None = None
    looks: int = 0
    gaps: list[tuple[float, str]] = field(default_factory=list)
    down: str | None = None
    measured: str = ""

    def begin(self, at: float) -> None:
        """The injection begins."""
        self.began_at = at

    def heal(self, at: float) -> None:
        """The heal begins."""
        self.healed_at = at

    def normal(self, at: float) -> None:
        """It worked."""
        self.normal_at, self.down = at, None
        if self.began_at is not None and at >= self.began_at:
            self.looks += 1
            self.settled = True
        if self.healed_at is not None and at >= self.healed_at and self.gone_at is None:
            self.gone_at = at

    def effect(self, at: float) -> None:
        """It did not work; that is a gap when it goes on, unless the node is down."""
        if self.began_at is None or self.healed_at is not None:
            return
        if self.down is not None:
            self.normal_at = at
        elif self.normal_at is not None and at - self.normal_at > SILENCE_S:
            self.gaps.append((self.normal_at, f"{self.name}: was cut too"))
            self.normal_at = at
