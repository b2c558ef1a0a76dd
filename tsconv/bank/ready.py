"""A bank of kernels that is ready for use: `arima_bank`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsconv._checks import check_count
from tsconv.bank.features import KernelBank
from tsconv.kernel import Kernel
from tsconv.kernels import ar, difference, ma, moving_average


def arima_bank(*, scales: Sequence[int] = (3, 9, 27), period: int | None = None) -> KernelBank:
    r"""Build a bank of local ARIMA features.

    Parameters
    ----------
    scales : sequence of int, default (3, 9, 27)
        Window lengths, in samples, of local means and slopes.
    period : int, optional
        The season, at least 2: adds seasonal differences, and the mean over a season.

    Returns
    -------
    KernelBank
        ``mean_w`` local mean; ``slope_w`` least-squares slope per sample in a window of w;
        ``detail_w`` what the local mean leaves; ``diff_1``, ``diff_2`` differences; ``ar_phi``
        residuals of an AR(1) with coefficient phi (0.5, 0.9, -0.5) and ``ar_swing`` of an AR(2)
        that swings with a period of six; ``ma_theta`` residuals of an MA(1) (0.5, -0.5, -0.9).
        With a season also ``season_diff``, ``season_diff_1`` (differenced once more) and
        ``season_mean``.

    Examples
    --------
    >>> from tsconv import arima_bank
    >>> arima_bank(scales=[5], period=12).names[:3]
    ['mean_5', 'slope_5', 'detail_5']
    """
    widths = [check_count(w, "scales", minimum=2) for w in scales]
    kernels: dict[str, Kernel] = {}
    for width in widths:
        level = moving_average(width)
        kernels[f"mean_{width}"] = level
        kernels[f"slope_{width}"] = _slope(width)
        kernels[f"detail_{width}"] = 1 - level
    kernels["diff_1"], kernels["diff_2"] = difference(), difference(2)
    for phi in (0.5, 0.9, -0.5):
        kernels[f"ar_{phi:g}"] = ar([phi]).inverse()
    kernels["ar_swing"] = ar([0.9, -0.81]).inverse()  # poles 0.9 exp(+-i pi / 3)
    for theta in (0.5, -0.5, -0.9):
        kernels[f"ma_{theta:g}"] = ma([theta]).inverse()
    if period is not None:
        season = check_count(period, "period", minimum=2)
        kernels["season_diff"] = difference(period=season)
        kernels["season_diff_1"] = difference(period=season) * difference()
        kernels["season_mean"] = moving_average(season)
    return KernelBank(kernels)


def _slope(width: int) -> Kernel:
    """Least-squares slope per sample over a centred window: weights fall with the lag."""
    lags = np.arange(width) - (width - 1) // 2
    centred = lags - lags.mean()
    return Kernel(-centred / np.sum(centred**2), origin=(width - 1) // 2)
