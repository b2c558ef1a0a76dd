r"""How far forecasts were off, and whether their intervals held, on plain arrays.

For one series and one origin, with the forecasts :math:`f_h` of :math:`y_{n+h}`, the errors
:math:`e_h = y_{n+h} - f_h` and the season m:

.. math::

    \mathrm{MASE} &= \overline{|e_h|} \Big/ \overline{|y_t - y_{t-m}|}, \qquad t = m+1 \dots n, \\
    \mathrm{RMSSE} &= \sqrt{\overline{e_h^2} \Big/ \overline{(y_t - y_{t-m})^2}}, \\
    \mathrm{sMAPE} &= 100\; \overline{2 |e_h| / (|y_{n+h}| + |f_h|)} \quad (0/0 = 0), \\
    \mathrm{coverage} &= \overline{[\,l_h \le y_{n+h} \le u_h\,]} .

Bars are means over what is observed; scales come from the training rows alone.

References
----------
Hyndman and Koehler (2006), Another look at measures of forecast accuracy, Int. J. Forecasting 22,
679-688 (MASE). Makridakis and Hibon (2000), The M3-Competition, Int. J. Forecasting 16, 451-476,
appendix A (sMAPE). Makridakis, Spiliotis and Assimakopoulos (2022), The M5 competition, Int. J.
Forecasting 38, 1325-1336 (RMSSE, there with m = 1).
"""

from __future__ import annotations

import math

import numpy as np

from tsconv._checks import FloatArray


def scales(y: FloatArray, period: int) -> tuple[float, float]:
    """Mean absolute and root mean square seasonal difference of the training rows.

    The unit of MASE and of RMSSE, wherever they are told. NaN where there is no such difference, or
    all are zero.
    """
    steps = y[period:] - y[:-period]
    steps = steps[~np.isnan(steps)]
    if not steps.size or not steps.any():
        return math.nan, math.nan
    return float(np.mean(np.abs(steps))), float(np.sqrt(np.mean(steps**2)))


def errors(actual: FloatArray, forecast: FloatArray) -> tuple[float, float, float]:
    """Mean absolute error, root mean square error, and sMAPE in per cent."""
    seen = ~np.isnan(actual)
    if not seen.any():
        return math.nan, math.nan, math.nan
    y, f = actual[seen], forecast[seen]
    off = np.abs(y - f)
    size = np.abs(y) + np.abs(f)
    share = np.divide(off, size, out=np.zeros_like(off), where=size > 0)
    return float(np.mean(off)), float(np.sqrt(np.mean(off**2))), 200.0 * float(np.mean(share))


def coverage(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Share of the observed values between the limits, in per cent."""
    seen = ~np.isnan(actual)
    if not seen.any():
        return math.nan
    inside = (lower[seen] <= actual[seen]) & (actual[seen] <= upper[seen])
    return 100.0 * float(np.mean(inside))
