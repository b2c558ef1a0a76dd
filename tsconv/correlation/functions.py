r"""How a series hangs together with its own past, and with another series.

`cross_correlation` of two series, `acf` and `pacf` of one: tables indexed by `lag` with the columns
`r`, `lower` and `upper`. `autocovariance` in the squared unit of the series.

A positive lag means that the first argument is late: :math:`r_k` is the correlation of
:math:`x_{t+k}` with :math:`y_t`, as in R's ``ccf`` and ``scipy.signal.correlate``. Sums of products
are divided by n, the number of samples, at every lag; that keeps every correlation within [-1, 1]
and every autocovariance sequence positive semidefinite. Lags count samples, whatever the index.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_count
from tsconv._frames import Taken, take_apart, take_vector
from tsconv._intervals import normal_quantile
from tsconv.correlation import autoregression
from tsconv.correlation.observed import Observed, correlations, mean_products, observe, pair_counts

Bands = Literal["white", "bartlett"]
Missing = Literal["raise", "pairwise"]
PacfMethod = Literal["yule-walker", "burg", "ols"]
OneSeries: TypeAlias = "pd.Series | ArrayLike"

_REMEDY = 'fill or drop them, or give missing="pairwise"'


def cross_correlation(
    x: OneSeries,
    y: OneSeries,
    *,
    n_lags: int | None = None,
    prewhiten: Literal["x"] | int | None = None,
    level: float = 95,
    missing: Missing = "raise",
) -> pd.DataFrame:
    r"""Correlation of two series at every lag between them, two-sided.

    A peak at a positive lag says that `x` follows `y`, at a negative lag that it leads. Two series
    that each resemble their own past correlate by chance far outside the bands; ``prewhiten="x"``
    guards against that.

    Parameters
    ----------
    x, y : array_like or Series, shape (n_obs,)
        Equally spaced observations of both at the same times: two Series must have the same index.
    n_lags : int, optional
        Largest lag, below ``n_obs``; by default ``10 log10(n_obs)``.
    prewhiten : "x" or int, optional
        Fit an autoregression to `x` (Burg's method) and filter *both* series with it before they
        are correlated, without the first samples, where the filter has no past. An int is the
        order; ``"x"`` chooses that of least AIC up to ``10 log10(n_obs)``. Lags then show how `y`
        responds to `x`.
    level : float, default 95
        Coverage of the bands, in percent.
    missing : {"raise", "pairwise"}, default "raise"
        What to do about missing values: stop and say where they are, or use the pairs of which both
        are there (R's ``na.pass``): the divisor is the number of pairs plus ``abs(lag)``, values
        are cut off at -1 and 1, and a lag without pairs is NaN.

    Returns
    -------
    DataFrame, shape (2 * n_lags + 1, 3)
        Indexed by `lag` from ``-n_lags`` to `n_lags`; columns `r`, and `lower` and `upper`, between
        which a value lies with probability `level` if one of the series is white noise and they are
        unrelated. After prewhitening ``attrs["prewhitening"]`` holds the AR coefficients.

    Raises
    ------
    TypeError
        If a series is complex or not numbers.
    ValueError
        If the series differ in length or index, one is constant, or values are missing or infinite.

    See Also
    --------
    acf : A series with itself.

    Notes
    -----
    .. math:: r_k = \frac{\sum_t (x_{t+k} - \bar x)(y_t - \bar y)}{n\, s_x s_y},
              \qquad \text{bands } \pm z / \sqrt n,

    with :math:`s^2` of divisor n. The mean is removed in two passes and the scale taken out, so
    neither a large mean nor a scale of 1e-200 or 1e200 costs digits. Few lags cost O(n_obs *
    n_lags); many are computed by FFT in blocks, O(n_obs log n_lags). Exchanging `x` and `y` changes
    the sign of the lags.

    References
    ----------
    .. [1] Box, G. E. P., Jenkins, G. M., Reinsel, G. C. and Ljung, G. M. (2016), Time Series
       Analysis, 5th ed., sections 12.1 (cross-correlation, bands) and 12.2 (prewhitening).

    Examples
    --------
    One series repeats the other two samples later:

    >>> first = [0.0, 0.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    >>> later = [0.0, 0.0, 0.0, 0.0, 5.0, 1.0, 0.0, 0.0]
    >>> table = cross_correlation(later, first, n_lags=3)
    >>> int(table["r"].idxmax())
    2
    >>> table.loc[[0, 2]].round(3)  # doctest: +NORMALIZE_WHITESPACE
             r  lower  upper
    lag
    0   -0.209 -0.693  0.693
    2    0.948 -0.693  0.693
    """
    check_choice(missing, "missing", ("raise", "pairwise"))
    width = normal_quantile(level)
    taken_x, taken_y = take_vector(x, "x"), take_vector(y, "y")
    _check_same_times(taken_x, taken_y)
    one = observe(taken_x.values, taken_x.index, "x", missing, remedy=_REMEDY)
    two = observe(taken_y.values, taken_y.index, "y", missing, remedy=_REMEDY)
    coefs: FloatArray | None = None
    if prewhiten is not None:
        if one.present is not None or two.present is not None:
            raise ValueError(
                "`prewhiten` needs series without missing values; fill them first,"
                " or give no `prewhiten`."
            )
        coefs = _prewhitening(one, prewhiten)
        one, two = one.filtered(coefs), two.filtered(coefs)
    one.check_varies()
    two.check_varies()
    lags = _check_lags(n_lags, one.n_obs)
    r, divisors = correlations(one, two, -lags, lags)
    table = _table(r, -lags, width / np.sqrt(divisors))
    if coefs is not None:
        table.attrs["prewhitening"] = coefs.tolist()
    return table


def acf(
    x: OneSeries | pd.DataFrame,
    *,
    n_lags: int | None = None,
    bands: Bands = "white",
    level: float = 95,
    missing: Missing = "raise",
) -> pd.DataFrame:
    r"""Autocorrelation: the correlation of a series with its own past.

    Parameters
    ----------
    x : array_like, Series or DataFrame, shape (n_obs,) or (n_obs, n_columns)
        Equally spaced observations; a table is taken column by column.
    n_lags : int, optional
        Largest lag, below ``n_obs``; by default ``10 log10(n_obs)``.
    bands : {"white", "bartlett"}, default "white"
        ``"white"`` bands hold an autocorrelation if the series is white noise, for all lags alike:
        :math:`\pm z / \sqrt n`. ``"bartlett"`` bands hold the one at lag k if the series is a
        moving average of order k - 1: :math:`\pm z \sqrt{(1 + 2 \sum_{j<k} r_j^2) / n}`.
    level : float, default 95
        Coverage of the bands, in percent.
    missing : {"raise", "pairwise"}, default "raise"
        As in `cross_correlation`.

    Returns
    -------
    DataFrame, shape (n_lags + 1, 3)
        Indexed by `lag` from 0; columns `r` (1 at lag 0), `lower`, `upper`. For a table the columns
        are those of `x` above these three.

    Raises
    ------
    TypeError
        If the series is complex or not numbers.
    ValueError
        If it is constant, or values are missing or infinite.

    See Also
    --------
    pacf : What is left when the lags between have been accounted for.
    autocovariance : The same, not normalised.

    Notes
    -----
    Divisor n at every lag, as R's ``acf`` and statsmodels' default. Cost as `cross_correlation`.

    References
    ----------
    .. [1] Brockwell, P. J. and Davis, R. A. (1991), Time Series: Theory and Methods, 2nd ed.,
       section 7.2 (Bartlett's formula).

    Examples
    --------
    >>> acf([1, 2, 3, 4, 5], n_lags=2).round(3)  # doctest: +NORMALIZE_WHITESPACE
           r  lower  upper
    lag
    0    1.0 -0.877  0.877
    1    0.4 -0.877  0.877
    2   -0.1 -0.877  0.877
    """
    check_choice(bands, "bands", ("white", "bartlett"))
    width = normal_quantile(level)

    def one_table(series: Observed) -> pd.DataFrame:
        series.check_varies()
        lags = _check_lags(n_lags, series.n_obs)
        r, divisors = correlations(series, series, 0, lags)
        r[0] = 1.0
        variance = 1 / divisors
        if bands == "bartlett":
            # NaN, where no pair is left, counts as no correlation.
            variance[2:] *= 1 + 2 * np.cumsum(np.nan_to_num(r[1:-1]) ** 2)
        return _table(r, 0, width * np.sqrt(variance))

    table: pd.DataFrame = _by_column(x, missing, one_table)
    return table


def pacf(
    x: OneSeries | pd.DataFrame,
    *,
    n_lags: int | None = None,
    method: PacfMethod = "yule-walker",
    level: float = 95,
    missing: Missing = "raise",
) -> pd.DataFrame:
    r"""Partial autocorrelation: what a lag adds once the shorter lags are accounted for.

    The value at lag k is the last coefficient of an autoregression of order k. For an AR(p) process
    it vanishes beyond p, as the `acf` of an MA(q) does beyond q.

    Parameters
    ----------
    x : array_like, Series or DataFrame, shape (n_obs,) or (n_obs, n_columns)
        Equally spaced observations; a table is taken column by column.
    n_lags : int, optional
        Largest lag; by default ``10 log10(n_obs)``, and less than half of ``n_obs``.
    method : {"yule-walker", "burg", "ols"}, default "yule-walker"
        ``"yule-walker"``: Levinson's recursion on autocovariances of divisor n, as R's ``pacf`` and
        statsmodels' ``"ywm"`` (statsmodels' own default has the divisor n - k, which can exceed 1).
        ``"burg"``: reflection coefficients of Burg's method. ``"ols"``: a regression with a
        constant for each lag, over all the samples it can use; not confined to [-1, 1].
    level : float, default 95
        Coverage of the bands, in percent.
    missing : {"raise", "pairwise"}, default "raise"
        As in `cross_correlation`; ``"pairwise"`` with ``"yule-walker"`` only.

    Returns
    -------
    DataFrame, shape (n_lags + 1, 3)
        Indexed by `lag` from 0; columns `r` (1 at lag 0), and `lower` and `upper`, :math:`\pm
        z/\sqrt n`, between which a value at a lag k > p lies with probability `level` if the series
        is an AR(p) process.

    Raises
    ------
    TypeError
        If the series is complex or not numbers.
    ValueError
        If it is constant, or values are missing or infinite; if pairwise autocovariances are not
        those of any process.

    See Also
    --------
    acf : The autocorrelation.
    fit_ar : The autoregression itself.

    Notes
    -----
    Cost: Yule-Walker as `acf` and O(n_lags^2); Burg O(n_obs * n_lags); least squares
    O(n_obs * n_lags^2 + n_lags^4).

    References
    ----------
    .. [1] Brockwell, P. J. and Davis, R. A. (1991), Time Series: Theory and Methods, 2nd ed.,
       sections 3.4 and 8.10 (the bands).

    Examples
    --------
    >>> pacf([1, 2, 3, 4, 5], n_lags=2)["r"].round(3).tolist()
    [1.0, 0.4, -0.31]
    """
    check_choice(method, "method", ("yule-walker", "burg", "ols"))
    width = normal_quantile(level)
    if missing == "pairwise" and method != "yule-walker":
        raise ValueError(f'missing="pairwise" goes with method="yule-walker"; got {method!r}.')

    def one_table(series: Observed) -> pd.DataFrame:
        series.check_varies()
        n = series.n_obs
        wanted = min(autoregression.default_order(n), (n - 1) // 2) if n_lags is None else n_lags
        lags = _check_lags(wanted, n)
        if method == "burg":
            partial = autoregression.burg_path(series.data.values, lags).reflection
        elif method == "ols":
            partial = autoregression.least_squares_reflection(series.data.values, lags)
        else:
            r, _ = correlations(series, series, 0, lags)
            r[0] = 1.0
            partial = autoregression.levinson(r)[0]
        divisors = pair_counts(series, series, 0, lags) + np.arange(lags + 1)
        return _table(np.concatenate([[1.0], partial]), 0, width / np.sqrt(divisors))

    table: pd.DataFrame = _by_column(x, missing, one_table)
    return table


@overload
def autocovariance(
    x: pd.DataFrame, *, n_lags: int | None = ..., missing: Missing = ...
) -> pd.DataFrame: ...
@overload
def autocovariance(
    x: OneSeries, *, n_lags: int | None = ..., missing: Missing = ...
) -> pd.Series[float]: ...
def autocovariance(
    x: OneSeries | pd.DataFrame, *, n_lags: int | None = None, missing: Missing = "raise"
) -> pd.Series[float] | pd.DataFrame:
    r"""Covariance of a series with its own past, :math:`c_k = \frac1n \sum_t z_{t+k} z_t`.

    Here :math:`z = x - \bar x`; a constant series has zero autocovariances.

    Parameters
    ----------
    x : array_like, Series or DataFrame, shape (n_obs,) or (n_obs, n_columns)
        Equally spaced observations; a table is taken column by column.
    n_lags : int, optional
        Largest lag, below ``n_obs``; by default ``10 log10(n_obs)``.
    missing : {"raise", "pairwise"}, default "raise"
        As in `cross_correlation`.

    Returns
    -------
    Series, shape (n_lags + 1,)
        In the squared unit of `x`, indexed by `lag` from 0, with the name of `x`; a DataFrame for a
        table.

    Raises
    ------
    TypeError
        If the series is complex or not numbers.
    ValueError
        If values are missing or infinite, or the squares of `x` overflow.

    See Also
    --------
    Kernel.autocovariance : Of a process rather than of data.

    Notes
    -----
    Divisor n at every lag. Cost as `cross_correlation`.

    Examples
    --------
    >>> autocovariance([1, 2, 3, 4, 5], n_lags=2)
    lag
    0    2.0
    1    0.8
    2   -0.2
    dtype: float64
    """

    def one_series(series: Observed) -> pd.Series[float]:
        lags = _check_lags(n_lags, series.n_obs)
        products, _ = mean_products(series, series, 0, lags)
        with np.errstate(over="ignore"):
            c = np.ldexp(products, 2 * series.data.exponent)
        if np.any(np.isinf(c)):
            raise ValueError(
                f"the squares of `{series.name}` must not overflow; got deviations near"
                f" 2**{series.data.exponent}. Divide the series by a large number first."
            )
        return pd.Series(c, index=_lag_index(0, c.size))

    result: pd.Series[float] | pd.DataFrame = _by_column(x, missing, one_series)
    if isinstance(result, pd.Series):
        result.name = x.name if isinstance(x, pd.Series) else None
    return result


def _by_column(x: Any, missing: str, function: Any) -> Any:
    """Apply a function to one series, or to each column of a table."""
    check_choice(missing, "missing", ("raise", "pairwise"))
    taken = take_apart(x, "x")
    values = taken.values
    if values.ndim == 1:
        return function(observe(values, taken.index, "x", missing, remedy=_REMEDY))
    if values.shape[1] == 0:
        raise ValueError("`x` must have at least one column; got none.")
    columns = pd.RangeIndex(values.shape[1]) if taken.source is None else taken.source.columns
    results = [
        function(observe(column, taken.index, f"x[{label!r}]", missing, remedy=_REMEDY))
        for label, column in zip(columns, np.ascontiguousarray(values.T), strict=True)
    ]
    frame = pd.concat(results, axis=1)
    inner = results[0].columns if isinstance(results[0], pd.DataFrame) else None
    if inner is None:
        frame.columns = columns
        return frame
    labels = [label if isinstance(label, tuple) else (label,) for label in columns]
    frame.columns = pd.MultiIndex.from_tuples(
        [(*label, column) for label in labels for column in inner], names=[*columns.names, None]
    )
    return frame


def _check_same_times(x: Taken, y: Taken) -> None:
    if x.index is not None and y.index is not None and not _same(x.index, y.index):
        raise ValueError(
            f"`x` and `y` must have the same index; theirs, of lengths {len(x.index)} and"
            f" {len(y.index)}, differ. Align them first: `x, y = x.align(y, join='inner')`."
        )
    if x.values.size != y.values.size:
        raise ValueError(
            f"`x` and `y` must have the same length; got {x.values.size} and {y.values.size}."
            " To find a short series in a long one use `find`."
        )


def _same(one: pd.Index, two: pd.Index) -> bool:
    """Compare indexes by value: in pandas 2 `equals` tells microseconds from nanoseconds."""
    if one.equals(two):
        return True
    both_times = isinstance(one, pd.DatetimeIndex) and isinstance(two, pd.DatetimeIndex)
    return both_times and len(one) == len(two) and bool((one == two).all())


def _prewhitening(x: Observed, prewhiten: Any) -> FloatArray:
    """AR coefficients of x: of the given order, or of that with the least AIC."""
    x.check_varies()
    if isinstance(prewhiten, str):
        check_choice(prewhiten, "prewhiten", ("x",))
        limit = min(autoregression.default_order(x.n_obs), x.n_obs // 2)
        path = autoregression.burg_path(x.data.values, limit)
        return path.coefs(path.best_order("aic"))
    if isinstance(prewhiten, bool):
        raise TypeError(f'`prewhiten` must be "x", an order or None; got {prewhiten}.')
    order = check_count(prewhiten, "prewhiten")
    if order > x.n_obs - 2:
        raise ValueError(
            f"`prewhiten` must leave at least 2 of {x.n_obs} observations; got the order {order}."
        )
    return autoregression.burg_path(x.data.values, order).coefs(order)


def _check_lags(n_lags: int | None, n: int) -> int:
    if n_lags is None:
        return autoregression.default_order(n)
    lags = check_count(n_lags, "n_lags")
    if lags >= n:
        raise ValueError(f"`n_lags` must be below the number of observations, {n}; got {lags}.")
    return lags


def _lag_index(first: int, size: int) -> pd.RangeIndex:
    return pd.RangeIndex(first, first + size, name="lag")


def _table(r: FloatArray, first: int, half_width: FloatArray) -> pd.DataFrame:
    return pd.DataFrame(
        {"r": r, "lower": -half_width, "upper": half_width}, index=_lag_index(first, r.size)
    )
