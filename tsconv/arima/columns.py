"""From a series and its regressors to the differenced, scaled columns that the likelihood sees.

`prepare` does once what does not depend on the parameters: leading and trailing gaps are cut off
(they hold no information), gaps inside become dummy columns, the series is centred where the model
does not notice, everything is differenced, regressors are made orthonormal, and the series is
reduced to its least-squares residual at unit mean square. Estimates are therefore equivariant:
y -> a*y + b changes nothing that is iterated on. `Columns.restore` maps back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray
from tsconv.arima._core import reduce_series
from tsconv.arima.spec import ArimaSpec

# A regressor is collinear below this multiple of its own size.
_FLAT = 1e-12
# Nothing is left of a series that is below this multiple of its largest value (for each difference
# twice that): the rounding of the values themselves, and of regressors that explain them.
_ROUNDING = 4 * 2.0**-52
_ROUNDING_BESIDE_REGRESSORS = 256 * 2.0**-52
# Squares of values on this scale are ordinary float64 numbers.
_SMALLEST, _LARGEST = 1e-150, 1e150


@dataclass(frozen=True, eq=False)
class Columns:
    """What the likelihood needs of one series.

    Attributes
    ----------
    data : ndarray, shape (n_missing + n_free_regressors + 1, n)
        Rows: dummies of missing values, regressors (orthonormal), the series; all differenced.
    n_missing, n_obs : int
        Gaps between the first and the last observation; observations less those differenced away.
    scale : float
        The series is in units of this; 0 if nothing is left of it (then `data` has it as zeros).
    ols : ndarray, shape (n_free_regressors,)
        Least-squares coefficients of the orthonormal regressors, taken off the series.
    triangle : ndarray
        `regressors = orthonormal @ triangle`.
    free, fixed_beta : ndarray
        Positions of the estimated regression coefficients; all of them, free ones zero.
    centre : float
        Taken off the series before all else; belongs to `const` if there is one.
    gaps, filled : ndarray
        Positions of missing values in the caller's series that the data tell something about, and
        the values put there at first.
    level, level_regressors, observed : ndarray
        The centred series from the first to the last observation, gaps filled; its free
        regressors; and which of its values were observed (None if all were).
    """

    data: FloatArray
    n_missing: int
    n_obs: int
    scale: float
    ols: FloatArray
    triangle: FloatArray
    free: NDArray[np.intp]
    fixed_beta: FloatArray
    centre: float
    has_const: bool
    gaps: NDArray[np.intp]
    filled: FloatArray
    level: FloatArray
    level_regressors: FloatArray
    observed: NDArray[np.bool_] | None

    @property
    def n(self) -> int:
        """Length of the differenced columns."""
        return int(self.data.shape[1])

    def restore(self, beta: FloatArray) -> FloatArray:
        """Regression coefficients in the caller's units from those of the orthonormal columns."""
        full = self.fixed_beta.copy()
        if self.free.size:
            best = self.ols + self.scale * beta
            if best.size == 1:
                full[self.free] = best / self.triangle[0, 0]
            else:
                full[self.free] = np.linalg.solve(self.triangle, best)
            if self.has_const:
                full[0] += self.centre
        return full


def prepare(
    y: ArrayLike,
    spec: ArimaSpec,
    exog: ArrayLike | None = None,
    *,
    beta: FloatArray | None = None,
    dummies: bool = True,
) -> Columns:
    """Lay the columns of a fit out.

    Parameters
    ----------
    y : array_like, shape (n,)
        The series, missing values NaN.
    exog : array_like, shape (n, k), optional
        Regressors, one for each name in `spec.exog`.
    beta : ndarray, shape (spec.n_regressors,), optional
        Regression coefficients, if they are all given; then no regressor column is made.
    dummies : bool, default True
        Whether gaps get dummy columns; without, filled values stand for observed ones.

    Raises
    ------
    ValueError
        If the series is empty, all missing, infinite or too short, or the regressors collinear; if
        its variance is not a float64 number.
    """
    series, regressors = check_series(y, spec, exog)
    finite = np.isfinite(series)
    seen: NDArray[np.bool_] | slice = slice(None)
    if not np.logical_and.reduce(finite):
        places = np.flatnonzero(finite)
        first, last = int(places[0]), int(places[-1]) + 1
        series, regressors, seen = series[first:last], regressors[first:last], finite[first:last]
        gaps = np.flatnonzero(~finite[first:last])
    else:
        first = 0
        gaps = np.zeros(0, dtype=np.intp)
    n = series.size - spec.n_lost
    n_obs = n - gaps.size
    if n_obs < 1:
        raise ValueError(
            f"the series must have more than {spec.n_lost} observations to be differenced"
            f" (d = {spec.d}, D = {spec.seasonal_d}, s = {spec.period}); got {int(finite.sum())}."
            " Use a lower order of differencing."
        )
    known = dict(spec.fixed or ()) if beta is None else {}
    names = spec.names[: spec.n_regressors]
    free = np.array([] if beta is not None else [i for i, v in enumerate(names) if v not in known])
    free = free.astype(np.intp)
    fixed_beta = np.zeros(len(names))
    if beta is not None:
        fixed_beta[:] = beta
    for i, name in enumerate(names):
        if name in known:
            fixed_beta[i] = known[name]
    if fixed_beta.any():
        series = series - regressors @ fixed_beta
    has_const = bool(free.size) and free[0] == 0 and spec.trend_powers[:1] == (0,)
    known_values = series[seen]
    size = float(max(np.maximum.reduce(known_values), -np.minimum.reduce(known_values)))
    if size >= _LARGEST:
        raise _out_of_range(size)
    centre = 0.0
    if has_const or spec.n_lost:
        centre = float(np.add.reduce(known_values)) / known_values.size
    if gaps.size:
        places = np.flatnonzero(np.isfinite(series))
        series = series.copy()
        series[gaps] = np.interp(gaps, places, series[places])
    n_missing = gaps.size if dummies else 0
    data = np.empty((n_missing + free.size + 1, n))
    series = series - centre
    data[-1] = difference(series, spec)
    for row, gap in enumerate(gaps[:n_missing]):
        data[row] = difference(_unit(series.size, int(gap)), spec)
    triangle = np.zeros((0, 0))
    X = regressors if free.size == len(names) else regressors[:, free]
    if free.size:
        triangle = _orthonormalize(difference(X, spec), data[n_missing:-1], names, free, spec)
    if n_missing and (free.size or (spec.n_lost and not _long_run(finite, spec.n_lost))):
        idle = dependent(data[:-1])
        blamed = [names[free[i - n_missing]] for i in idle if i >= n_missing]
        if blamed:
            raise ValueError(
                f"regressors must vary where the series is observed; {', '.join(blamed)} depends"
                f" there on the others ({', '.join(names)}). Leave it out."
            )
        data = np.delete(data, idle, axis=0)
        gaps = np.delete(gaps, idle)
        n_missing = gaps.size
    ols, mean_square = reduce_series(data, n_missing)
    scale = math.sqrt(mean_square)
    if scale < _SMALLEST and float(np.abs(data[-1]).max()) > size * _rounding(spec):
        raise _out_of_range(size)
    if scale <= size * _rounding(spec):
        scale = 0.0
        data[-1] = 0.0
    else:
        data[-1] *= 1.0 / scale
    return Columns(
        data,
        n_missing,
        n - gaps.size,
        scale,
        ols,
        triangle,
        free,
        fixed_beta,
        centre,
        has_const,
        gaps + first,
        series[gaps] + centre,
        series,
        X,
        finite[first : first + series.size] if gaps.size else None,
    )


def check_series(
    y: ArrayLike, spec: ArimaSpec, exog: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Return the series and all its regression columns as float64 arrays, checked."""
    series = np.asarray(y, dtype=np.float64)
    if series.ndim != 1 or series.size == 0:
        raise ValueError(f"`y` must be 1-D with at least one element; got shape {series.shape}.")
    # a difference of infinities or with NaN is not finite
    if not math.isfinite(np.maximum.reduce(series) - np.minimum.reduce(series)):
        bad = np.flatnonzero(np.isinf(series))
        if bad.size:
            raise ValueError(
                f"`y` must not be infinite; got {series[bad[0]]} at position {bad[0]}."
                " Mark unusable values as missing (NaN)."
            )
        if np.isnan(series).all():
            raise ValueError(f"`y` must have observed values; all {series.size} are missing.")
    return series, regression_columns(series.size, spec, exog)


def regression_columns(
    n: int, spec: ArimaSpec, exog: ArrayLike | None, *, start: int = 0
) -> FloatArray:
    """Trend and exog side by side for n rows from position `start`, checked."""
    width = len(spec.exog)
    if not width and exog is None:
        return spec.trend_columns(n, start=start)
    given = np.empty((n, 0)) if exog is None else np.asarray(exog, dtype=np.float64)
    if given.ndim == 1:
        given = given[:, None]
    if given.shape != (n, width):
        raise ValueError(
            f"`exog` must have shape ({n}, {width}), a row for each value and a column for each of"
            f" {', '.join(spec.exog) or 'no names'}; got {given.shape}."
        )
    if not np.isfinite(given).all():
        row, column = np.argwhere(~np.isfinite(given))[0]
        raise ValueError(
            f"`exog` must be finite; got {given[row, column]} in column {spec.exog[column]!r}, row"
            f" {row}. Fill it, or mark the value of `y` there as missing and the regressor as 0."
        )
    return np.hstack([spec.trend_columns(n, start=start), given])


def difference(values: FloatArray, spec: ArimaSpec) -> FloatArray:
    """`(1 - L)^d (1 - L^s)^D` along the first axis, without the start-up."""
    for _ in range(spec.d):
        values = values[1:] - values[:-1]
    for _ in range(spec.seasonal_d):
        values = values[spec.period :] - values[: -spec.period]
    return values


def _rounding(spec: ArimaSpec) -> float:
    """Return what rounding leaves of a series explained without error, relative to its size."""
    only_constant = spec.trend_powers in ((), (0,)) and not spec.exog
    unit = _ROUNDING if only_constant else _ROUNDING_BESIDE_REGRESSORS
    return math.ldexp(unit, spec.d + spec.seasonal_d)


def _out_of_range(size: float) -> ValueError:
    """Error for a series whose variance overflows or underflows."""
    return ValueError(
        f"`y` must vary by more than {_SMALLEST:g} and less than {_LARGEST:g} so that its variance"
        f" is a float64 number; got values up to {size:.3g}. Fit it in another unit, such as"
        " `y / abs(y).max()`."
    )


def _long_run(finite: NDArray[np.bool_], length: int) -> bool:
    """Whether so many observations follow each other that they settle all initial values."""
    ends = np.flatnonzero(np.diff(np.r_[False, finite, False].astype(np.int8)))
    return bool((ends[1::2] - ends[::2]).max() >= length)


def dependent(rows: FloatArray) -> NDArray[np.intp]:
    """Find the rows that are combinations of the rows before them.

    A gap is one if nothing observed tells its value, as when a whole season is missing under
    seasonal differencing; then any value will do, and it needs no dummy.
    """
    sizes = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    scaled = rows / np.where(sizes > 0, sizes, 1.0)[:, None]
    R = np.asarray(np.linalg.qr(scaled.T, mode="r"))
    diagonal = np.zeros(len(rows))
    diagonal[: min(R.shape)] = np.abs(R.diagonal())
    return np.flatnonzero(diagonal < 1e-10)


def _unit(n: int, at: int) -> FloatArray:
    column = np.zeros(n)
    column[at] = 1.0
    return column


def _orthonormalize(
    X: FloatArray,
    out: FloatArray,
    all_names: tuple[str, ...],
    free: NDArray[np.intp],
    spec: ArimaSpec,
) -> FloatArray:
    """QR of the regressors, Q' into `out`; an error names columns that depend on earlier ones."""
    n, k = X.shape
    if k == 1:
        column = X[:, 0]
        norm = math.sqrt(float(np.dot(column, column)))
        if norm > 0.0:
            np.multiply(column, 1.0 / norm, out=out[0])
            return np.array([[norm]])
    sizes = np.sqrt(np.einsum("ij,ij->j", X, X))
    triangle = np.zeros((k, k))
    if k <= n and sizes.all():
        Q, triangle = np.linalg.qr(X / sizes)
        if np.abs(np.diag(triangle)).min() > _FLAT:
            out[:] = Q.T
            return np.asarray(triangle * sizes)
    names = [all_names[i] for i in free]
    gone = " after differencing" if spec.n_lost else ""
    if k > n:
        raise ValueError(
            f"there must be fewer regressors than observations; got {k} columns and {n} rows{gone}."
        )
    flat = [name for name, norm in zip(names, sizes, strict=True) if norm == 0.0]
    if flat:
        raise ValueError(f"regressors must not vanish{gone}; {', '.join(flat)} is zero throughout.")
    bad = [names[i] for i in np.flatnonzero(np.abs(np.diag(triangle)) <= _FLAT)]
    raise ValueError(
        f"regressors must not be collinear{gone}; {', '.join(bad)} is a combination of the columns"
        f" before it ({', '.join(names)}). Leave it out."
    )
