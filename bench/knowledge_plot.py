"""Draws how the knowledge grows: four pictures in one, over the number of passages, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 110, 34, 34
INK = ("#1f6feb", "#d1571b", "#6e7781")

Row = Mapping[str, float]


@dataclass(frozen=True)
class Panel:
    """One picture: a title with the unit, and lines with their names."""

    title: str
    lines: Mapping[str, str]
    """Names of figures, and what they are called."""
    limit: float | None = None
    """Drawn as a line that must not be crossed."""


PANELS = (
    Panel("Search by words, ms", {"words_p50_ms": "median", "words_p95_ms": "95 of 100"}, limit=20),
    Panel("Search by words and vectors, ms", {"both_p50_ms": "median", "both_p95_ms": "95 of 100"}, limit=20),
    Panel("Files, MB", {"database_mb": "database", "vectors_mb": "vectors", "text_mb": "text"}),
    Panel("Memory of the process, MB", {"memory_mb": "by words", "memory_with_vectors_mb": "with vectors"}),
)


def plot(rows: Sequence[Row]) -> str:
    """Return the picture; passages are on a logarithmic scale."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}">',
        "<style>text { font: 12px sans-serif }</style>",
        f'<rect width="{2 * WIDTH}" height="{2 * HEIGHT}" fill="#fff"/>',
    ]
    for place, panel in enumerate(PANELS):
        parts.append(f'<g transform="translate({place % 2 * WIDTH} {place // 2 * HEIGHT})">')
        parts += _panel(panel, rows)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, rows: Sequence[Row]) -> list[str]:
    most = _round_up(max(panel.limit or 0, *(row[name] for row in rows for name in panel.lines)))
    first, last = math.log10(rows[0]["passages"]), math.log10(rows[-1]["passages"])

    def x(passages: float) -> float:
        return LEFT + (math.log10(passages) - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 20, panel.title, weight="bold")]
    for step in range(5):
        value = most * step / 4
        parts.append(_line(LEFT, y(value), WIDTH - RIGHT, y(value), "#e3e6ea"))
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:g}", anchor="end"))
    parts += [_text(x(row["passages"]), HEIGHT - 14, _short(row["passages"]), anchor="middle") for row in rows]
    if panel.limit is not None:
        parts.append(_line(LEFT, y(panel.limit), WIDTH - RIGHT, y(panel.limit), "#cf222e", dashed=True))
        parts.append(_text(LEFT + 4, y(panel.limit) + 14, "at most", fill="#cf222e"))
    for (name, called), ink in zip(panel.lines.items(), INK, strict=False):
        points = " ".join(f"{x(row['passages']):.1f},{y(row[name]):.1f}" for row in rows)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        parts.append(_text(WIDTH - RIGHT + 6, y(rows[-1][name]) + 4, called, fill=ink))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{ink}"{dashes}/>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", fill: str = "#24292f", weight: str = "normal"
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{fill}" font-weight="{weight}">{escape(text)}</text>'


def _short(number: float) -> str:
    return f"{number / 1000:g}k"


def _round_up(value: float) -> float:
    """Return the next number that four steps divide well."""
    magnitude = 10.0 ** math.floor(math.log10(value or 1))
    return next(step * magnitude for step in (1, 2, 4, 6, 8, 10) if step * magnitude >= value)
