r"""Exact one-step errors, through gaps and from the first row: recursive least squares.

Whitening from rest gives errors :math:`e^0`. What the true errors :math:`e_t` lack is linear in a
few unknown numbers x:

.. math:: e_t = e^0_t + \sum_k a_{tk} x_k, \qquad e_t \sim N(0, 1)

in units of :math:`\sigma`. The unknowns are

- the r numbers c that stand for the time before the sample, :math:`c \sim N(0, \Omega)`, whose
  coefficients are minus the impulse response h of :math:`1/\theta(L)`, delayed by 0, 1, ...;
- each missing value, with a flat prior and the whitening kernel's response from its row on. Its own
  row turns it into an error: the value is what the model expects plus :math:`e_k \sim N(0, 1)`,
  and so :math:`e_k` takes its place among the unknowns. A value missing among those used up by
  differencing has no such row; the first row that depends on it settles it, and has no innovation.

Row by row, v and F below are the innovation and its variance, and Potter's square-root update
keeps the covariance :math:`S S'` of the unknowns (Bierman 1977, Factorization Methods for Discrete
Sequential Estimation, section II.3):

.. math:: f = S'a, \quad F = 1 + f'f, \quad v = e^0_t + a'x, \quad
          x \leftarrow x - \frac{S f v}{F}, \quad S \leftarrow S - \frac{S f f'}{F + \sqrt F}.

An unknown whose coefficients have died out is dropped; when none is left, the rest of the series is
plain convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsconv._checks import FloatArray
from tsconv._engines import recursive_filter
from tsconv._stability import all_inside
from tsconv.arima.spec import ArimaSpec, dense

# Coefficients below this, relative to the unit errors they add to, are taken as zero.
_NEGLIGIBLE = 1e-15
# Rows between two looks at what has died out.
_LOOK_EVERY = 32


@dataclass(frozen=True, eq=False)
class Filtered:
    """What recursive least squares found in n rows.

    Attributes
    ----------
    innovations, innovations_var : ndarray, shape (n,)
        One-step errors and their variances in units of sigma2; NaN where there are none.
    predictions : ndarray, shape (n,)
        Expected value of each row given the rows before.
    noise, errors : ndarray, shape (n,)
        Values (missing ones as expected; NaN where nothing tells) and errors, given all rows.
    uncertainty : ndarray, shape (k, k) or (0, 0)
        See `tsconv.arima.path.Path`.
    log_diffuse : float
        Log-density of the rows that settled a flat unknown: ``-log |coefficient|`` each.
    """

    innovations: FloatArray
    innovations_var: FloatArray
    predictions: FloatArray
    noise: FloatArray
    errors: FloatArray
    uncertainty: FloatArray
    log_diffuse: float


@dataclass(eq=False)
class _Settled:
    """A missing value as a combination: ``value = (x[new] - const - coefs @ x[ids]) / divisor``."""

    row: int
    new: int
    const: float
    ids: list[int]
    coefs: FloatArray
    others: dict[int, float]
    divisor: float


class _Unknowns:
    """The unknowns x of the module's formula: mean, square root of covariance, coefficients."""

    def __init__(self, response: FloatArray, n: int, root: FloatArray, start: int) -> None:
        r = root.shape[0]
        self.n = n
        self.mean = np.zeros(r)
        self.root = root
        self.ids = list(range(r))
        self.n_ever = r
        self.final: dict[int, float] = {}
        self.columns = np.zeros((r, n))
        for j in range(r):
            self.columns[j, start + j :] = -response[: n - start - j]

    def predict(self, row: int, e0: float) -> float:
        return e0 + float(self.columns[:, row] @ self.mean)

    def update(self, row: int, e0: float) -> tuple[float, float]:
        a = self.columns[:, row]
        v = e0 + float(a @ self.mean)
        f = a @ self.root
        F = 1.0 + float(f @ f)
        gain = self.root @ f
        self.mean -= gain * (v / F)
        self.root -= np.outer(gain, f / (F + np.sqrt(F)))
        return v, F

    def add(self, row: int, column: FloatArray) -> int:
        """Add an unknown of mean 0 and variance 1; return its number."""
        k, m = self.root.shape
        root = np.zeros((k + 1, m + 1))
        root[:k, :m] = self.root
        root[k, m] = 1.0
        self.root = root
        self.mean = np.append(self.mean, 0.0)
        whole = np.zeros((1, self.n))
        whole[0, row : row + column.size] = column
        self.columns = np.concatenate([self.columns, whole])
        number = int(self.n_ever)
        self.ids.append(number)
        self.n_ever = number + 1
        return number

    def drop_dead(self, row: int, sigma: float, errors: FloatArray) -> None:
        """Forget unknowns that no later row depends on; their part of `errors` is final."""
        spread = np.sqrt(np.einsum("ij,ij->i", self.root, self.root))
        size = np.maximum(spread, np.abs(self.mean) / sigma)
        ahead = np.abs(self.columns[:, row:]).max(axis=1, initial=0.0)
        alive = ahead * size > _NEGLIGIBLE
        if alive.all():
            return
        errors += self.mean[~alive] @ self.columns[~alive]
        for k in np.flatnonzero(~alive):
            self.final[self.ids[k]] = float(self.mean[k])
        self.ids = [number for number, keep in zip(self.ids, alive, strict=True) if keep]
        self.mean, self.columns = self.mean[alive], self.columns[alive]
        self.root = self.root[alive]
        if self.root.shape[1] > self.root.shape[0]:
            self.root = np.ascontiguousarray(_triangle(self.root))

    def means(self) -> dict[int, float]:
        return {**self.final, **dict(zip(self.ids, self.mean.tolist(), strict=True))}


def filter_exactly(noise: FloatArray, spec: ArimaSpec, params: FloatArray) -> Filtered:
    """Run the recursion over the rows of a series, missing ones included.

    Parameters
    ----------
    noise : ndarray, shape (n,)
        Series less regression; missing values NaN.

    Raises
    ------
    ArithmeticError
        If the AR part is not stationary: there is no distribution to start from.
    """
    n, lost = noise.size, min(spec.n_lost, noise.size)
    missing = np.isnan(noise)
    sigma = float(np.sqrt(params[-1])) or 1.0
    values = np.where(missing, 0.0, noise)
    whiten = _Whitening(spec, params)
    e0 = whiten(values, lost)
    r = min(max(spec.ar_degree, spec.ma_degree), n - lost)
    unknowns = _Unknowns(
        whiten.response(n - lost),
        n,
        presample_root(spec, params)[:r] if r else np.zeros((0, 0)),
        lost,
    )
    innovations, variances = e0.copy(), np.ones(n)
    innovations[:lost] = variances[:lost] = np.nan
    errors = np.zeros(n)
    settled: list[_Settled] = []
    log_diffuse = 0.0
    gaps = np.flatnonzero(missing)
    # Values missing among those used up by differencing: flat until a row depends on them.
    open_columns = {}
    for k in gaps[gaps < lost].tolist():
        unit = np.zeros(n)
        unit[k] = 1.0
        open_columns[k] = whiten(unit, lost)
    pi = _trimmed(whiten.unit_response(n)) if gaps.size else np.zeros(0)
    next_gaps = gaps[gaps >= lost].tolist()[::-1]
    tail = 2 * max(lost + spec.ar_degree, spec.ma_degree) + 1

    row = lost
    while row < n:
        if not unknowns.ids and not open_columns and not (next_gaps and next_gaps[-1] == row):
            row = next_gaps[-1] if next_gaps else n
            continue
        touching = {k: c[row] for k, c in open_columns.items() if abs(c[row]) > 1e-9}
        if next_gaps and next_gaps[-1] == row:
            next_gaps.pop()
            innovations[row] = unknowns.predict(row, e0[row]) if not touching else np.nan
            variances[row] = np.nan
            settled.append(_settle(row, row, pi[: n - row], 1.0, e0, unknowns, open_columns))
        elif touching:
            k = max(touching, key=lambda number: abs(touching[number]))
            column = open_columns.pop(k)
            innovations[row] = variances[row] = np.nan
            log_diffuse -= float(np.log(abs(column[row])))
            settled.append(_settle(k, row, column[row:], column[row], e0, unknowns, open_columns))
        else:
            innovations[row], variances[row] = unknowns.update(row, e0[row])
        row += 1
        if row % _LOOK_EVERY == 0 and row < n - tail:
            unknowns.drop_dead(row, sigma, errors)
    errors += e0 + unknowns.mean @ unknowns.columns
    filled = values.copy()
    filled[list(open_columns)] = np.nan
    _fill(filled, settled, unknowns)
    predictions = values - innovations
    innovations[missing] = np.nan
    return Filtered(
        innovations,
        variances,
        predictions,
        filled,
        errors,
        _tail(spec, n, unknowns, settled),
        log_diffuse,
    )


class _Whitening:
    """Whitening of arrays from rest, differences first; the first `lost` rows give no error."""

    def __init__(self, spec: ArimaSpec, params: FloatArray) -> None:
        self._spec, self._params = spec, params

    def __call__(self, x: FloatArray, lost: int) -> FloatArray:
        from tsconv.arima.path import apply_ar, difference, undo_ma

        errors = np.zeros(x.size)
        w = difference(x, self._spec)[lost:]
        errors[lost:] = undo_ma(apply_ar(w, self._spec, self._params), self._spec, self._params)
        return errors

    def unit_response(self, n: int) -> FloatArray:
        """First n weights of the whitening kernel."""
        unit = np.zeros(n)
        unit[:1] = 1.0
        return self(unit, 0)

    def response(self, n: int) -> FloatArray:
        """First n weights of ``1 / theta``."""
        from tsconv.arima.path import undo_ma

        unit = np.zeros(n)
        unit[:1] = 1.0
        return undo_ma(unit, self._spec, self._params)


def presample_root(spec: ArimaSpec, params: FloatArray) -> FloatArray:
    """Return a square root of Omega, the covariance of c at unit noise variance; shape (r, r).

    With the AR and MA coefficients f and t padded to length r and index 0
    meaning lag 1, ``d[i] = sum_{k>=i} f[k] gamma[k-i+1] + t[k] psi[k-i+1]`` and
    ``Omega[i,j] = Omega[i+1,j+1] + f[j] d[i+1] + f[i] d[j+1] + f[i] f[j] gamma[0] + f[i] t[j]
    + t[i] f[j] + t[i] t[j]``.
    """
    if not all(all_inside(dense(k, -1.0), 1.0) for k in spec.ar_factors(params)):
        raise ArithmeticError("the AR part is not stationary.")
    ar_poly, ma_poly = spec.ar_poly(params), spec.ma_poly(params)
    r = max(ar_poly.size, ma_poly.size) - 1
    f, t = np.zeros(r + 1), np.zeros(r + 1)
    f[: ar_poly.size - 1] = -ar_poly[1:]
    t[: ma_poly.size - 1] = ma_poly[1:]
    d = np.zeros(r + 1)
    gamma0 = 0.0
    if ar_poly.size > 1:
        lags = np.flatnonzero(ar_poly[1:]) + 1
        psi = recursive_filter(np.append(ma_poly, np.zeros(r + 1))[: r + 1], lags, ar_poly[lags])
        gamma = _autocovariances(ar_poly, ma_poly, psi)
        gamma0 = float(gamma[0])
        for i in range(r):
            d[i] = f[i:r] @ gamma[1 : r - i + 1] + t[i:r] @ psi[1 : r - i + 1]
    f, t, d_next = f[:r], t[:r], d[1:]
    half = np.outer(d_next, f) + np.outer(t, f)
    omega = half + half.T + gamma0 * np.outer(f, f) + np.outer(t, t)
    for i in range(r - 2, -1, -1):
        omega[i, :-1] += omega[i + 1, 1:]
    weights, vectors = np.linalg.eigh(omega)
    return np.asarray(vectors * np.sqrt(np.maximum(weights, 0.0)))


def _autocovariances(ar_poly: FloatArray, ma_poly: FloatArray, psi: FloatArray) -> FloatArray:
    """Autocovariances at unit noise variance, as many as psi weights.

    ``sum_i a[i] gamma[|k-i|] = sum_{j>=k} b[j] psi[j-k]`` for k = 0, 1, ...
    """
    p, q = ar_poly.size - 1, ma_poly.size - 1
    right = np.zeros(max(p + 1, psi.size))
    for k in range(q + 1):
        right[k] = ma_poly[k:] @ psi[: q + 1 - k]
    matrix = np.zeros((p + 1, p + 1))
    rows = np.arange(p + 1)
    for i in np.flatnonzero(ar_poly).tolist():
        matrix[rows, np.abs(rows - i)] += ar_poly[i]
    gamma = np.linalg.solve(matrix, right[: p + 1])
    lags = np.flatnonzero(ar_poly[1:]) + 1
    later = recursive_filter(right[p + 1 :], lags, ar_poly[lags], initial=gamma)
    return np.concatenate([gamma, later])


def _settle(
    value: int,
    row: int,
    column: FloatArray,
    divisor: float,
    e0: FloatArray,
    unknowns: _Unknowns,
    open_columns: dict[int, FloatArray],
) -> _Settled:
    """Let the error of `row` take the place of the missing `value`, whose response is `column`."""
    response = column / divisor
    stop = row + response.size
    const, coefs = float(e0[row]), unknowns.columns[:, row].copy()
    others = {k: float(c[row]) for k, c in open_columns.items() if c[row] != 0.0}
    ids = list(unknowns.ids)
    e0[row:stop] -= const * response
    unknowns.columns[:, row:stop] -= np.outer(coefs, response)
    for k, coef in others.items():
        open_columns[k][row:stop] -= coef * response
    new = unknowns.add(row, response)
    return _Settled(value, new, const, ids, coefs, others, divisor)


def _fill(filled: FloatArray, settled: list[_Settled], unknowns: _Unknowns) -> None:
    """Put the expected missing values in, last settled first: earlier ones may refer to them."""
    means = unknowns.means()
    for one in reversed(settled):
        value = means[one.new] - one.const
        value -= sum(c * means[k] for k, c in zip(one.ids, one.coefs, strict=True))
        value -= sum(c * filled[k] for k, c in one.others.items())
        filled[one.row] = value / one.divisor


def _tail(spec: ArimaSpec, n: int, unknowns: _Unknowns, settled: list[_Settled]) -> FloatArray:
    """Covariance of what is not known of the last values and errors."""
    n_noise, n_errors = spec.n_lost + spec.ar_degree, spec.ma_degree
    if not unknowns.ids:
        return np.zeros((0, 0))
    place = {number: k for k, number in enumerate(unknowns.ids)}
    reach = np.zeros((n_noise + n_errors, len(place)))
    by_row: dict[int, FloatArray] = {}
    for one in reversed(settled):
        effect = np.zeros(len(place))
        for number, coef in zip([one.new, *one.ids], [1.0, *(-one.coefs)], strict=True):
            if number in place:
                effect[place[number]] += coef
        for k, coef in one.others.items():
            effect -= coef * by_row[k]
        by_row[one.row] = effect / one.divisor
    for row, effect in by_row.items():
        if row >= n - n_noise:
            reach[row - (n - n_noise)] = effect
    have = min(n_errors, n)
    if have:
        reach[n_noise + n_errors - have :] = unknowns.columns[:, n - have :].T
    spread = reach @ unknowns.root
    covariance = spread @ spread.T
    if np.max(np.diagonal(covariance), initial=0.0) < _NEGLIGIBLE:
        return np.zeros((0, 0))
    return covariance


def _triangle(root: FloatArray) -> FloatArray:
    """Return a square root of ``root @ root.T`` with as many columns as rows."""
    _, R = np.linalg.qr(root.T)
    return np.asarray(R.T)


def _memory(response: FloatArray) -> int:
    """Rows until a response has died out."""
    alive = np.flatnonzero(np.abs(response) > _NEGLIGIBLE * np.abs(response).max(initial=1.0))
    return int(alive[-1]) + 1 if alive.size else 0


def _trimmed(response: FloatArray) -> FloatArray:
    return response[: _memory(response)]
