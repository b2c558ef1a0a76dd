"""From a series and its regressors to the differenced, scaled columns that the likelihood sees.

`prepare` does once what does not depend on the parameters: leading and trailing gaps are cut off
(they hold no information), gaps inside become dummy columns, the series is centred where the model
does not notice, everything is differenced, regressors are made orthonormal, and the series is
reduced to its least-squares residual at unit mean square. Estimates are therefore equivariant:
y -> a*y + b changes nothing that is iterated on. `Columns.restore` maps back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray
from tsconv.arima.spec import ArimaSpec

# A series is constant, and a regressor collinear, below this multiple of its own size: what is left
# of float64 after differencing and a projection.
_FLAT = 1e-12


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
        Positions of missing values in the caller's series, and the values put there at first.
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

    @property
    def n(self) -> int:
        """Length of the differenced columns."""
        return int(self.data.shape[1])

    def restore(self, beta: FloatArray) -> FloatArray:
        """Regression coefficients in the caller's units from those of the orthonormal columns."""
        full = self.fixed_beta.copy()
        if self.free.size:
            full[self.free] = np.linalg.solve(self.triangle, self.ols + self.scale * beta)
            if self.has_const:
                full[0] += self.centre
        return full


def prepare(
    y: ArrayLike,
    spec: ArimaSpec,
    exog: ArrayLike | None = None,
    *,
    beta: FloatArray | None = None,
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

    Raises
    ------
    ValueError
        If the series is empty, all missing, infinite or too short, or the regressors collinear.
    """
    series, regressors = check_series(y, spec, exog)
    seen = np.isfinite(series)
    if not seen.all():
        places = np.flatnonzero(seen)
        first, last = int(places[0]), int(places[-1]) + 1
        series, regressors, seen = series[first:last], regressors[first:last], seen[first:last]
    else:
        first = 0
    gaps = np.flatnonzero(~seen)
    n = series.size - spec.n_lost
    n_obs = n - gaps.size
    if n_obs < 1:
        raise ValueError(
            f"the series must have more than {spec.n_lost} observations to be differenced"
            f" (d = {spec.d}, D = {spec.seasonal_d}, s = {spec.period}); got {int(seen.sum())}."
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
    size = float(np.abs(series[seen]).max())
    centre = float(series[seen].mean()) if (has_const or spec.n_lost) else 0.0
    series = series - centre
    if gaps.size:
        places = np.flatnonzero(seen)
        series[gaps] = np.interp(gaps, places, series[places])
    w = difference(series, spec)
    rows = [difference(_unit(series.size, gap), spec) for gap in gaps]
    triangle, ols = np.zeros((0, 0)), np.zeros(0)
    if free.size:
        X = difference(regressors[:, free], spec)
        orthonormal, triangle = _orthonormal(X, [names[i] for i in free], spec)
        ols = orthonormal.T @ w
        w = w - orthonormal @ ols
        rows.extend(orthonormal.T)
    scale = float(np.sqrt(np.dot(w, w) / n))
    if scale <= _FLAT * size:
        scale = 0.0
        w = np.zeros(n)
    else:
        w = w / scale
    return Columns(
        np.array([*rows, w]) if rows else w.reshape(1, -1),
        gaps.size,
        n_obs,
        scale,
        ols,
        triangle,
        free,
        fixed_beta,
        centre,
        has_const,
        gaps + first,
        series[gaps] + centre,
    )


def check_series(
    y: ArrayLike, spec: ArimaSpec, exog: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Return the series and all its regression columns as float64 arrays, checked."""
    series = np.asarray(y, dtype=np.float64)
    if series.ndim != 1 or series.size == 0:
        raise ValueError(f"`y` must be 1-D with at least one element; got shape {series.shape}.")
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


def _unit(n: int, at: int) -> FloatArray:
    column = np.zeros(n)
    column[at] = 1.0
    return column


def _orthonormal(X: FloatArray, names: list[str], spec: ArimaSpec) -> tuple[FloatArray, FloatArray]:
    """QR of the regressors; an error names those that depend on the ones before them."""
    if X.shape[1] == 1:
        norm = float(np.sqrt(np.dot(X[:, 0], X[:, 0])))
        if norm > 0.0:
            return X / norm, np.array([[norm]])
        sizes = np.zeros(1)
        triangle = np.zeros((1, 1))
    else:
        sizes = np.sqrt(np.einsum("ij,ij->j", X, X))
        if X.shape[1] <= X.shape[0] and sizes.all():
            Q, triangle = np.linalg.qr(X / sizes)
            if np.abs(np.diag(triangle)).min() > _FLAT:
                return Q, triangle * sizes
        else:
            triangle = np.zeros((X.shape[1], X.shape[1]))
    gone = " after differencing" if spec.n_lost else ""
    if X.shape[1] > X.shape[0]:
        raise ValueError(
            f"there must be fewer regressors than observations; got {X.shape[1]} columns and"
            f" {X.shape[0]} rows{gone}."
        )
    flat = [name for name, norm in zip(names, sizes, strict=True) if norm == 0.0]
    if flat:
        raise ValueError(f"regressors must not vanish{gone}; {', '.join(flat)} is zero throughout.")
    bad = [names[i] for i in np.flatnonzero(np.abs(np.diag(triangle)) <= _FLAT)]
    raise ValueError(
        f"regressors must not be collinear{gone}; {', '.join(bad)} is a combination of the columns"
        f" before it ({', '.join(names)}). Leave it out."
    )
