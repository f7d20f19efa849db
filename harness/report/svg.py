"""A few words of SVG: every value escaped, every number short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["bars", "line", "number", "polyline", "rect", "tag", "text", "title"]


def number(value: float) -> str:
    """At most one decimal: finer than any screen, and half the size of the file."""
    return f"{value:.1f}".removesuffix(".0")


def tag(name: str, *inside: str, **attributes: str | float) -> str:
    """An element: ``class_`` is ``class``, ``text_anchor`` ``text-anchor``; ``inside`` is markup already."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value if isinstance(value, str) else number(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{words}>{''.join(inside)}</{name}>" if inside else f"<{name}{words}/>"


def text(x: float, y: float, words: str, class_: str, **attributes: str | float) -> str:
    """Words at a place; escaped here."""
    return tag("text", escape(words), x=x, y=y, class_=class_, **attributes)


def title(words: str) -> str:
    """What a pointer that rests on an element is told; escaped here."""
    return tag("title", escape(words))


def rect(x: float, y: float, width: float, height: float, class_: str, *, told: str = "") -> str:
    """A rectangle, with what a pointer that rests on it is told."""
    inside = (title(told),) if told else ()
    return tag("rect", *inside, x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def bars(boxes: Iterable[tuple[float, float, float, float]], class_: str) -> str:
    """Many rectangles (x, y, width, height) of one kind as one path; empty when there are none."""
    steps = [
        f"M{number(x)} {number(y)}h{number(width)}v{number(height)}h{number(-width)}z"
        for x, y, width, height in boxes
        if height > 0
    ]
    return tag("path", d="".join(steps), class_=class_) if steps else ""


def polyline(points: Sequence[tuple[float, float] | None], class_: str) -> str:
    """A line through the points, broken where there is none; a lone point is a dot."""
    steps = []
    pen_down = False
    for index, point in enumerate(points):
        if point is None:
            pen_down = False
            continue
        steps.append(f"{'L' if pen_down else 'M'}{number(point[0])} {number(point[1])}")
        alone = not pen_down and (index + 1 == len(points) or points[index + 1] is None)
        steps.append("h0.1" if alone else "")
        pen_down = True
    return tag("path", d="".join(steps), class_=class_) if steps else ""
