"""What lies beyond the ends of a signal, on plain arrays.

The names are scipy.ndimage's where it has them; ``a b c d`` is the signal:

================  =============================
``"zero"``        ``0 0 0 | a b c d | 0 0 0``
``"nearest"``     ``a a a | a b c d | d d d``
``"reflect"``     ``c b a | a b c d | d c b``
``"mirror"``      ``d c b | a b c d | c b a``
``"wrap"``        ``b c d | a b c d | a b c``
================  =============================
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Policy(NamedTuple):
    """What to do at the ends and in gaps, and with which engine; see `tsconv.convolve`.

    `share` is the smallest share of the weight that must lie on samples when renormalizing.
    """

    boundary: str
    missing: str
    share: float
    method: str


EXTENSIONS = ("zero", "reflect", "mirror", "nearest", "wrap")


def extend(
    values: NDArray[Any], before: int, after: int, boundary: str, *, outside: float = 0.0
) -> NDArray[Any]:
    """Return the samples at positions ``-before`` to ``n + after - 1`` along axis 0.

    Parameters
    ----------
    values : ndarray, shape (n,) or (n, n_columns)
        The signal, not empty.
    before, after : int
        How many samples to add; negative numbers cut samples off.
    boundary : {"zero", "reflect", "mirror", "nearest", "wrap"}
        What lies beyond the ends, for any distance.
    outside : float, default 0.0
        The constant that ``"zero"`` stands for.

    Returns
    -------
    ndarray, shape (n + before + after, ...)
        C-contiguous; a view of `values` where nothing is added.
    """
    n = values.shape[0]
    start, stop = max(-before, 0), n - max(-after, 0)
    if before <= 0 and after <= 0 and start < stop:
        return values[start:stop]
    total = max(n + before + after, 0)
    result = np.empty((total, *values.shape[1:]), dtype=values.dtype)
    # Positions that lie inside are one slice; only the added ones need an index.
    first, last = min(max(before, 0), total), min(max(before + n, 0), total)
    if last > first:
        result[first:last] = values[first - before : last - before]
    for low, high, nearest in ((0, first, 0), (max(last, first), total, n - 1)):
        if low < high:
            if boundary == "zero":
                result[low:high] = outside
            elif boundary == "nearest" or n == 1:
                result[low:high] = values[nearest]
            else:
                positions = np.arange(low - before, high - before)
                result[low:high] = values[_source(positions, n, boundary)]
    return result


def _source(positions: NDArray[np.int64], n: int, boundary: str) -> NDArray[np.int64]:
    """Return where inside the signal (n >= 2) each outside position's sample comes from."""
    if boundary == "wrap":
        return positions % n
    if boundary == "reflect":
        folded = positions % (2 * n)
        return np.minimum(folded, 2 * n - 1 - folded)
    folded = positions % (2 * n - 2)
    return np.minimum(folded, 2 * n - 2 - folded)
