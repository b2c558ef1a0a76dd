"""How kernels and their roots are written for reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._checks import FloatArray


def roots_text(values: Sequence[complex]) -> str:
    shown = [
        f"{z.real:.6g}" if abs(z.imag) < 1e-12 else f"{z:.6g}" for z in map(complex, values[:6])
    ]
    more = f" and {len(values) - 6} more" if len(values) > 6 else ""
    return f"root{'s' if len(values) != 1 else ''} {', '.join(shown)}{more} in the z-plane"


def is_sparse(poly: FloatArray) -> bool:
    return poly.size > 4 and 3 * int(np.count_nonzero(poly)) < poly.size


def taps_text(taps: FloatArray) -> str:
    shown = " ".join(f"{t:.4g}" for t in taps[:8])
    if taps.size <= 8:
        return f"[{shown}]"
    ends = " ".join(f"{t:.4g}" for t in taps[:3]), " ".join(f"{t:.4g}" for t in taps[-3:])
    return f"[{ends[0]} ... {ends[1]}], {taps.size} taps"


def product_text(polys: Sequence[FloatArray]) -> str:
    texts = []
    for poly in polys:
        if np.count_nonzero(poly) > 8:
            texts.append(f"(degree {poly.size - 1})")
        else:
            words = polynomial_text(poly)
            texts.append(words if " " not in words and len(polys) == 1 else f"({words})")
    return "".join(texts) or "1"


def polynomial_text(poly: FloatArray) -> str:
    """Write a polynomial for reading: ``1 - 0.5 L + 0.25 L^2``."""
    words: list[str] = []
    for lag in np.flatnonzero(poly):
        size = f"{abs(poly[lag]):.4g}"
        symbol = {0: "", 1: "L"}.get(int(lag), f"L^{lag}")
        term = symbol if symbol and size == "1" else f"{size} {symbol}".strip()
        sign = "-" if poly[lag] < 0 else "+"
        words.append(f"{sign} {term}" if words else (f"-{term}" if sign == "-" else term))
    return " ".join(words) if words else "0"
