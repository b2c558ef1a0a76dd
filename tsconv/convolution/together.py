"""Several finite kernels over one series, with the series' transforms shared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.convolution.boundaries import EXTENSIONS, extend
from tsconv.engines import _loops
from tsconv.engines.cost import BATCH, block_size, choose
from tsconv.engines.fourier import Transform, calm_blocks, work
from tsconv.kernel import Kernel


def convolve_together(
    values: FloatArray, kernels: Sequence[Kernel | None], boundary: str
) -> dict[int, FloatArray]:
    """Apply those kernels that share the transforms of the series' blocks with another.

    `values` (n,); the results by the kernels' positions. What is not among them (short, recursive
    and renormalized kernels, series with gaps or values that range widely) is left to `convolve`.
    One forward transform for all kernels of about one length, one backward for each.
    """
    n = values.size
    if boundary not in ("missing", *EXTENSIONS) or not n or not _loops.all_finite(values):
        return {}
    groups: dict[int, list[int]] = {}
    for i, kernel in enumerate(kernels):
        if kernel is None or not kernel.is_finite or kernel.taps.size > n:
            continue
        taps = kernel.taps
        n_nonzero, first, last, constant, finite = _loops.describe_taps(taps)
        m = last - first + 1
        if finite and n_nonzero and choose(n, m, n_nonzero, constant, 1) in ("fft", "overlap"):
            groups.setdefault(block_size(n, m), []).append(i)
    results: dict[int, FloatArray] = {}
    for size, members in groups.items():
        if len(members) > 1:
            chosen = {i: kernel for i in members if (kernel := kernels[i]) is not None}
            results |= _by_blocks(values, chosen, boundary, size)
    return results


def _by_blocks(
    values: FloatArray, kernels: dict[int, Kernel], boundary: str, size: int
) -> dict[int, FloatArray]:
    """Overlap-save with kernels laid into one common window, ``taps[ahead]`` at lag 0."""
    n = values.size
    past = max(0, *(k.taps.size - 1 - k.origin for k in kernels.values()))
    ahead = max(0, *(k.origin for k in kernels.values()))
    m = past + ahead + 1
    if 2 * m > size:  # the kernels lie too far apart to have much in common
        return {}
    step = size - m + 1
    n_blocks = -(-n // step)
    padded = np.zeros((n_blocks - 1) * step + size)
    # What hangs over becomes NaN; continued like this it ranges no wider than the rest.
    edge = "nearest" if boundary == "missing" else boundary
    reach = extend(values, past, ahead, edge)
    padded[: reach.size] = reach
    starts = np.arange(n_blocks) * step
    transforms, apart = {}, {}
    looks: dict[int, NDArray[np.intp]] = {}
    for i, kernel in kernels.items():
        taps = np.zeros(m)
        first = ahead - kernel.origin
        taps[first : first + kernel.taps.size] = kernel.taps
        transform = Transform(taps, size)
        if transform.exponent:
            continue
        run = transform.longest_run
        if run not in looks:
            looks[run] = np.flatnonzero(~calm_blocks(reach[:, None], transform, starts))
        wild = looks[run]
        if 2 * wild.size <= n_blocks + 2:
            transforms[i], apart[i] = transform, wild
    results = {i: np.empty(n_blocks * step) for i in transforms}
    blocks = sliding_window_view(padded, size)[::step]
    per_batch = min(n_blocks, max(2, BATCH // size))
    spectrum, product = (
        work(name, (per_batch, size // 2 + 1), np.complex128) for name in ("spectrum", "product")
    )
    outputs = work("result", (per_batch, size), np.float64)
    for start in range(0, n_blocks, per_batch):
        count = min(per_batch, n_blocks - start)
        np.fft.rfft(blocks[start : start + count], out=spectrum[:count])
        for i, transform in transforms.items():
            np.multiply(spectrum[:count], transform.spectrum, out=product[:count])
            np.fft.irfft(product[:count], n=size, out=outputs[:count])
            target = results[i][start * step : (start + count) * step]
            target.reshape(count, step)[...] = outputs[:count, m - 1 :]
    for i, transform in transforms.items():
        for b in apart[i]:
            results[i][b * step : (b + 1) * step] = transform.by_levels(blocks[b], step)
    if boundary == "missing":
        for i, result in results.items():
            kernel = kernels[i]
            result[: max(kernel.taps.size - 1 - kernel.origin, 0)] = np.nan
            result[max(n - max(kernel.origin, 0), 0) :] = np.nan
    return {i: result[:n] for i, result in results.items()}
