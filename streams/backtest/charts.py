"""Charts of a report as inline SVG."""

from collections.abc import Sequence
from html import escape

from streams.backtest.figures import Bin

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 260, 70, 30, 12, 14


def equity(points: Sequence[tuple[str, float]]) -> str:
    """Profit so far by race day."""
    if not points:
        return "<p>No settled bets.</p>"
    values = [0.0, *(value for _, value in points)]
    low, high = min(values), max(values)
    spread = (high - low) or 1.0

    def y(value: float) -> float:
        return TOP + (high - value) / spread * (HEIGHT - TOP - BOTTOM)

    def x(at: int) -> float:
        return LEFT + at / max(1, len(values) - 1) * (WIDTH - LEFT - RIGHT)

    line = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(values))
    marks = "".join(_level(value, y(value)) for value in sorted({low, 0.0, high}))
    first, last = escape(points[0][0]), escape(points[-1][0])
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Profit from {first} to {last}">{marks}'
        f'<polyline class="line" points="{line}"/>'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">{first}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{last}</text></svg>'
    )


def _level(value: float, y: float) -> str:
    css = "zero" if value == 0.0 else "grid"
    return (
        f'<line class="{css}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
    )


def reliability(bins: Sequence[Bin]) -> str:
    """Share that won against the probability given, with two standard errors; the line is what should be."""
    size, edge = 300, 40
    most = max([0.05, *(max(b.predicted, b.observed) for b in bins)]) * 1.1

    def at(value: float) -> float:
        return value / most * (size - edge - TOP)

    dots = "".join(
        f'<line class="error" x1="{edge + at(b.predicted):.1f}" x2="{edge + at(b.predicted):.1f}" '
        f'y1="{size - edge - at(max(0.0, b.observed - 2 * b.error)):.1f}" '
        f'y2="{size - edge - at(min(most, b.observed + 2 * b.error)):.1f}"/>'
        f'<circle cx="{edge + at(b.predicted):.1f}" cy="{size - edge - at(b.observed):.1f}" r="3.5"/>'
        for b in bins
    )
    return (
        f'<svg class="square" viewBox="0 0 {size} {size}" role="img" aria-label="Reliability">'
        f'<line class="zero" x1="{edge}" y1="{size - edge}" x2="{edge + at(most):.1f}" y2="{TOP}"/>{dots}'
        f'<text x="{size / 2}" y="{size - 10}" text-anchor="middle">probability given, to {most:.0%}</text>'
        f'<text x="12" y="{size / 2}" text-anchor="middle" transform="rotate(-90 12 {size / 2})">'
        "share that won</text></svg>"
    )
