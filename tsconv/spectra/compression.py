r"""Compression: a series or an image by its few largest, or lowest, Fourier or cosine coefficients.

Both transforms are orthonormal, so the squared error of what is restored is the sum of the squares
of what was left out (Parseval): errors are known without restoring anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_choice, check_complete, check_count, check_fraction
from tsconv._frames import Taken, take_apart

Transform = Literal["dct", "fft"]
Choice = Literal["largest", "lowest"]

_BYTES = {"dct": 8, "fft": 16}
_POSITION_BYTES = 4


@dataclass(frozen=True)
class Compressed:
    """A series or an image as a few coefficients; made by `compress`.

    Attributes
    ----------
    coefficients : ndarray, shape (n_kept,)
        What was kept: real for ``"dct"``, complex for ``"fft"``.
    positions : ndarray of int, shape (n_kept,)
        Where in the flattened (half) spectrum they stand.
    shape : tuple of int
        Shape of the original.
    transform, choose : str
        As given to `compress`.
    error : float
        Root mean square of the error, as a share of the root mean square of the original.
    """

    coefficients: NDArray[Any]
    positions: NDArray[np.int64]
    shape: tuple[int, ...]
    transform: Transform
    choose: Choice
    error: float
    _taken: Taken = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes that the coefficients need, with 4 for each position unless they are the lowest."""
        extra = _POSITION_BYTES if self.choose == "largest" else 0
        return self.positions.size * (_BYTES[self.transform] + extra)

    @property
    def ratio(self) -> float:
        """Bytes of the original (float64) divided by `size`."""
        return 8 * math.prod(self.shape) / self.size

    def restore(self) -> Any:
        """Return the approximation: like the original, on the same index."""
        import scipy.fft

        shape = self.shape
        if self.transform == "dct":
            full = np.zeros(math.prod(shape))
            full[self.positions] = self.coefficients
            return self._taken.rebuild(scipy.fft.idctn(full.reshape(shape), norm="ortho"))
        half = np.zeros((*shape[:-1], shape[-1] // 2 + 1), dtype=np.complex128)
        half.reshape(-1)[self.positions] = self.coefficients
        _fill_twins(half, shape)
        return self._taken.rebuild(scipy.fft.irfftn(half, shape, norm="ortho"))

    def __repr__(self) -> str:
        return (
            f"Compressed({self.positions.size} {self.choose} {self.transform} coefficients of"
            f" {' x '.join(map(str, self.shape))}, ratio={self.ratio:.3g}, error={self.error:.3g})"
        )


def compress(
    x: pd.Series | pd.DataFrame | ArrayLike,
    *,
    keep: float | int = 0.05,
    choose: Choice = "largest",
    transform: Transform = "dct",
) -> Compressed:
    """Keep a few coefficients of a series or an image.

    Parameters
    ----------
    x : Series, DataFrame or array_like, shape (n,) or (n_rows, n_columns)
        A series, or an image: two dimensions are transformed in both directions.
    keep : float or int, default 0.05
        Share of the coefficients to keep, in (0, 1], or (an int) their number.
    choose : {"largest", "lowest"}, default "largest"
        The largest coefficients give the least error; the lowest frequencies are a low-pass filter
        whose positions need not be stored.
    transform : {"dct", "fft"}, default "dct"
        Cosines, which continue a series mirrored at its ends, or the Fourier transform, which
        continues it periodically.

    Returns
    -------
    Compressed
        With ``.ratio``, ``.size``, ``.error`` and ``.restore()``.

    Raises
    ------
    ValueError
        If values are missing, or `keep` is 0 or too large.

    See Also
    --------
    compression_errors : Error against ratio, for all at once.
    frequency_filter : Cut-offs in frequency instead of numbers of coefficients.

    Notes
    -----
    Among real series, k coefficients of an orthonormal transform approximate best, in squared
    error, if they are the k largest. A Fourier coefficient is complex and stands for its conjugate
    too; it counts as one and takes two numbers. ``keep=1.0`` restores `x` to rounding.
    O(n log n).

    Examples
    --------
    >>> import numpy as np
    >>> wave = np.cos(np.pi * (np.arange(100) + 0.5) / 10)
    >>> small = compress(wave + 3, keep=2)
    >>> round(small.ratio, 1), bool(np.allclose(small.restore(), wave + 3))
    (33.3, True)
    """
    spectrum = _transformed(x, transform)
    count = _count(keep, spectrum.energy.size)
    order = _order(spectrum, choose, transform, count)
    chosen = np.sort(order[:count])
    total = float(spectrum.energy.sum())
    spectrum.energy[chosen] = 0.0
    lost = float(spectrum.energy.sum())
    return Compressed(
        spectrum.coefficients[chosen],
        spectrum.positions[chosen],
        spectrum.shape,
        transform,
        choose,
        math.sqrt(lost / total) if total > 0 else 0.0,
        spectrum.taken,
    )


def compression_errors(
    x: pd.Series | pd.DataFrame | ArrayLike,
    *,
    choose: Choice = "largest",
    transform: Transform = "dct",
    rows: int = 200,
) -> pd.DataFrame:
    """Error against the number of coefficients kept, without restoring anything.

    Parameters
    ----------
    x, choose, transform
        As for `compress`.
    rows : int, default 200
        At most so many numbers of coefficients, evenly spaced on a logarithmic scale.

    Returns
    -------
    DataFrame
        Indexed by `kept`, the number of coefficients; columns `keep` (their share), `size` (bytes),
        `ratio` and `error`, as in `Compressed`.

    Notes
    -----
    One transform and one sort, O(n log n).

    Examples
    --------
    Three Fourier coefficients of equal size, of which one has a twin:

    >>> compression_errors([1.0, 1.0, 1.0, -1.0], transform="fft")["error"].round(4).tolist()
    [0.7071, 0.5, 0.0]
    """
    spectrum = _transformed(x, transform)
    n = spectrum.energy.size
    ranked = spectrum.energy[_order(spectrum, choose, transform, n)]
    # Summed from the smallest up, so that small errors keep their digits.
    tail = np.append(np.cumsum(ranked[::-1])[::-1], 0.0)
    total = tail[0] if tail[0] > 0 else 1.0
    steps = check_count(rows, "rows", minimum=1)
    kept = np.unique(np.round(np.geomspace(1, n, min(steps, n))).astype(np.int64))
    extra = _POSITION_BYTES if choose == "largest" else 0
    size = kept * (_BYTES[transform] + extra)
    return pd.DataFrame(
        {
            "keep": kept / n,
            "size": size,
            "ratio": 8 * math.prod(spectrum.shape) / size,
            "error": np.sqrt(tail[kept] / total),
        },
        index=pd.Index(kept, name="kept"),
    )


class _Spectrum(NamedTuple):
    """The coefficients that determine a real array, each once.

    `positions` are places in the flattened (half) spectrum, `energy` what each adds to the sum of
    squares.
    """

    coefficients: NDArray[Any]
    positions: NDArray[np.int64]
    energy: FloatArray
    shape: tuple[int, ...]
    taken: Taken

    def distance(self, transform: str) -> FloatArray:
        """Squared frequency of each coefficient, in cycles per sample."""
        import scipy.fft

        axes = [np.arange(n) / (2 * n) for n in self.shape]
        if transform == "fft":
            axes = [np.abs(scipy.fft.fftfreq(n)) for n in self.shape[:-1]]
            axes.append(scipy.fft.rfftfreq(self.shape[-1]))
        squares = np.meshgrid(*[f**2 for f in axes], indexing="ij")
        return np.asarray(np.add.reduce(squares).reshape(-1)[self.positions])


def _transformed(x: Any, transform: str) -> _Spectrum:
    import scipy.fft

    check_choice(transform, "transform", _BYTES)
    taken = take_apart(x)
    values = check_complete(taken.values, "x", "Fill gaps first, or cut them off.")
    shape = values.shape
    if transform == "dct":
        real = scipy.fft.dctn(values, norm="ortho").reshape(-1)
        return _Spectrum(real, np.arange(real.size), real * real, shape, taken)
    coefficients = scipy.fft.rfftn(values, norm="ortho").reshape(-1)
    every = _multiplicity(shape).reshape(-1)
    positions = np.flatnonzero(every)
    coefficients = coefficients[positions]
    energy = every[positions] * (coefficients.real**2 + coefficients.imag**2)
    return _Spectrum(coefficients, positions, energy, shape, taken)


def _order(spectrum: _Spectrum, choose: str, transform: str, count: int) -> NDArray[np.int64]:
    """Rank coefficients so that the first `count` are the ones to keep, in order if all are."""
    check_choice(choose, "choose", ("largest", "lowest"))
    if choose == "lowest":
        return np.argsort(spectrum.distance(transform), kind="stable")
    if count == spectrum.energy.size:
        return np.argsort(-spectrum.energy, kind="stable")
    size = spectrum.energy.size
    return np.argpartition(spectrum.energy, size - count)[::-1]


def _count(keep: Any, size: int) -> int:
    if isinstance(keep, float | np.floating):
        share = check_fraction(keep, "keep")
        if share == 0:
            raise ValueError("`keep` must be a share above 0, or a number of coefficients; got 0.")
        return max(round(share * size), 1)
    count = check_count(keep, "keep", minimum=1)
    if count > size:
        raise ValueError(f"`keep` must be at most {size}, all coefficients; got {count}.")
    return count


def _multiplicity(shape: tuple[int, ...]) -> FloatArray:
    """Return how many of the two-sided frequencies each of `rfftn` stands for: 2, 1, or 0.

    Where the last frequency is its own mirror image (0 and, for even lengths, the middle), rows
    come in conjugate pairs, of which the second counts as 0.
    """
    times = np.full((*shape[:-1], shape[-1] // 2 + 1), 2.0)
    for column in _own_mirrors(shape[-1]):
        if len(shape) == 1:
            times[column] = 1.0
            continue
        row = np.arange(shape[0])
        twin = -row % shape[0]
        times[:, column] = np.select([row == twin, row < twin], [1.0, 2.0], 0.0)
    return times


def _fill_twins(half: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Write the second of each conjugate pair that `_multiplicity` leaves out."""
    if len(shape) == 1:
        return
    for column in _own_mirrors(shape[-1]):
        row = np.arange(1, (shape[0] + 1) // 2)
        half[-row, column] = np.conj(half[row, column])


def _own_mirrors(n: int) -> tuple[int, ...]:
    return (0, n // 2) if n % 2 == 0 else (0,)
