"""Small drawings as SVG text, for the display of results in notebooks and pages; no library.

Numbers only, never the caller's text: nothing needs escaping. Colours are those of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsconv._checks import FloatArray
from tsconv._style import BLUE, GREY, ORANGE

_MARGIN = 6.0


def stems_svg(values: FloatArray, *, width: int = 260, height: int = 90) -> str:
    """Draw values as stems over a zero line, shape (n,); missing and infinite ones are left out."""
    values = np.asarray(values, dtype=np.float64)
    at = np.linspace(_MARGIN, width - _MARGIN, max(values.size, 2))
    up, zero = _heights(values, height)
    lines = "".join(
        f'<line x1="{x:.1f}" y1="{zero:.1f}" x2="{x:.1f}" y2="{y:.1f}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>'
        for x, y in zip(at, up, strict=False)
        if np.isfinite(y)
    )
    return _svg(
        f'{_zero_line(zero, width)}<g stroke="{BLUE}" fill="{BLUE}">{lines}</g>', width, height
    )


def curve_svg(values: FloatArray, *, width: int = 260, height: int = 90) -> str:
    """Draw values as a curve over a zero line, shape (n,)."""
    values = np.asarray(values, dtype=np.float64)
    at = np.linspace(_MARGIN, width - _MARGIN, max(values.size, 2))
    up, zero = _heights(values, height)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(at, up, strict=False) if np.isfinite(y))
    curve = f'<polyline points="{points}" fill="none" stroke="{BLUE}" stroke-width="1.5"/>'
    return _svg(_zero_line(zero, width) + curve, width, height)


def places_svg(
    starts: Sequence[float], lengths: Sequence[float], total: float, *, width: int = 560
) -> str:
    """Draw where stretches lie on a line from 0 to `total`; each is at least two pixels wide."""
    height, inner = 22, width - 2 * _MARGIN
    bars = "".join(
        f'<rect x="{_MARGIN + inner * start / total:.1f}" y="3"'
        f' width="{max(inner * length / total, 2.0):.1f}" height="{height - 6}"/>'
        for start, length in zip(starts, lengths, strict=True)
    )
    line = _zero_line(height / 2, width)
    return _svg(f'{line}<g fill="{ORANGE}" fill-opacity="0.8">{bars}</g>', width, height)


def _heights(values: FloatArray, height: int) -> tuple[FloatArray, float]:
    """Return vertical positions of values, and of zero."""
    finite = values[np.isfinite(values)]
    low, high = min(0.0, finite.min(initial=0.0)), max(0.0, finite.max(initial=0.0))
    scale = (height - 2 * _MARGIN) / ((high - low) or 1.0)
    up = height - _MARGIN - (np.where(np.isfinite(values), values, np.nan) - low) * scale
    return up, height - _MARGIN + low * scale


def _zero_line(at: float, width: int) -> str:
    return (
        f'<line x1="0" y1="{at:.1f}" x2="{width}" y2="{at:.1f}" stroke="{GREY}" stroke-width="1"/>'
    )


def _svg(content: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img">{content}</svg>'
    )
