"""Tests of whiteness, in time and between columns: `whiteness`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import check_count
from tsconv._frames import take_apart
from tsconv.whitening.scaling import column_labels, moments


def whiteness(x: Any, *, n_lags: int | None = None, n_fitted: int = 0) -> pd.DataFrame:
    r"""Test whether data are white: no correlation in time, none between columns.

    Parameters
    ----------
    x : Series, DataFrame or array_like, shape (n,) or (n, n_columns)
        The data; rows with gaps are left out.
    n_lags : int, optional
        Lags of the test in time; by default 10, or a fifth of the rows if that is less, and three
        more than `n_fitted` at least.
    n_fitted : int, default 0
        Coefficients that were fitted to make `x` white (`Whitened.order`).

    Returns
    -------
    DataFrame
        A row for each column (Ljung and Box's test in time) and, for more than one column, a row
        ``between columns`` (Bartlett's test); columns `statistic`, `df`, `p_value`. White data have
        p-values evenly spread over [0, 1].

    Notes
    -----
    .. math:: Q = n (n + 2) \sum_{k=1}^m \frac{r_k^2}{n - k} \sim \chi^2_{m - \mathrm{fitted}},
              \qquad
              -\Big(n - 1 - \frac{2p + 5}{6}\Big) \log \det R \sim \chi^2_{p(p-1)/2} .

    References
    ----------
    .. [1] Ljung, G. M. and Box, G. E. P. (1978), On a measure of lack of fit in time series
       models, Biometrika 65, 297-303.
    .. [2] Bartlett, M. S. (1954), A note on the multiplying factors for various chi-square
       approximations, Journal of the Royal Statistical Society B 16, 296-298.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=500)
    >>> bool(whiteness(x)["p_value"].iloc[0] > 0.05)
    True
    >>> bool(whiteness(np.cumsum(x))["p_value"].iloc[0] < 1e-6)
    True
    """
    from scipy.special import gammaincc

    taken = take_apart(x)
    labels = column_labels(taken)
    values = taken.values.reshape(taken.values.shape[0], -1)
    values = values[np.isfinite(values).all(axis=1)]
    n, p = values.shape
    fitted = check_count(n_fitted, "n_fitted")
    lags = max(min(10, n // 5), fitted + 3)
    if n_lags is not None:
        lags = check_count(n_lags, "n_lags", minimum=fitted + 1)
    if n <= lags + 1:
        raise ValueError(
            f"a test of {lags} lags needs more than {lags + 1} complete rows; got {n}."
        )
    _, std = moments(values, labels)
    z = (values - values.mean(axis=0)) / std
    rows: dict[Any, tuple[float, float]] = {}
    for k, label in enumerate(labels):
        column = np.ascontiguousarray(z[:, k])
        r = np.array([column[lag:] @ column[: n - lag] for lag in range(1, lags + 1)]) / n
        statistic = n * (n + 2) * float(np.sum(r**2 / (n - np.arange(1, lags + 1))))
        rows[label] = statistic, lags - fitted
    if p > 1:
        log_det = float(np.linalg.slogdet(z.T @ z / n)[1])
        between = -(n - 1 - (2 * p + 5) / 6) * log_det
        rows["between columns"] = max(between, 0.0), p * (p - 1) / 2  # -1e-15 is 0
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df"])
    table["p_value"] = gammaincc(table["df"] / 2, table["statistic"] / 2)
    return table
