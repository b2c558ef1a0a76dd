"""How kernels and their roots are written for reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsconv._checks import FloatArray


def kernel_text(nums: Sequence[FloatArray], dens: Sequence[FloatArray], origin: int) -> str:
    """Write a kernel: its taps if they are one short list, else the product of its factors."""
    if not nums and not dens:
        written = "[1]"
    elif dens:
        written = f"{product_text(nums, nested=True)} / {product_text(dens, nested=True)}"
    elif len(nums) == 1 and not is_sparse(nums[0]):
        written = taps_text(nums[0])
    else:
        written = product_text(nums, nested=len(nums) > 1)
    return f"Kernel({written}, origin={origin})" if origin else f"Kernel({written})"


def roots_text(values: Sequence[complex]) -> str:
    """Write the first six roots: ``roots 2, 0.5+1.5j in the z-plane``."""
    shown = [
        f"{z.real:.6g}" if abs(z.imag) < 1e-12 else f"{z:.6g}" for z in map(complex, values[:6])
    ]
    more = f" and {len(values) - 6} more" if len(values) > 6 else ""
    return f"root{'s' if len(values) != 1 else ''} {', '.join(shown)}{more} in the z-plane"


def is_sparse(poly: FloatArray) -> bool:
    """Say whether a polynomial reads better than a list of mostly zeros."""
    return poly.size > 4 and 3 * int(np.count_nonzero(poly)) < poly.size


def taps_text(taps: FloatArray) -> str:
    """Write up to eight taps, or three from each end."""
    shown = " ".join(f"{t:.4g}" for t in taps[:8])
    if taps.size <= 8:
        return f"[{shown}]"
    ends = " ".join(f"{t:.4g}" for t in taps[:3]), " ".join(f"{t:.4g}" for t in taps[-3:])
    return f"[{ends[0]} ... {ends[1]}], {taps.size} taps"


def product_text(polys: Sequence[FloatArray], *, nested: bool) -> str:
    """Write factors side by side, sums in brackets if `nested` in something larger."""
    texts = []
    for poly in polys:
        if np.count_nonzero(poly) > 8:
            texts.append(f"(degree {poly.size - 1})")
            continue
        words = polynomial_text(poly)
        alone = len(polys) == 1 and (not nested or " " not in words)
        texts.append(words if alone else f"({words})")
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
