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

Rows are taken in blocks. With A the coefficients of a block's observations, x the unknowns' mean
and :math:`S S'` their covariance before it,

.. math:: W = A S, \quad F = I + W W' = L L', \quad u = L^{-1} (e^0 + A x),

the innovations are :math:`L_{tt} u_t` with variances :math:`L_{tt}^2`, and after the block

.. math:: x \leftarrow x - S W' L'^{-1} u, \qquad
          S \leftarrow S - S W' L'^{-1} (L + I)^{-1} W

(Andrews 1968, A square root formulation of the Kalman covariance equations, AIAA J. 6, 1165-1166).
An unknown whose coefficients have died out is dropped; when none is left, the rest of the series is
plain convolution. Whitening from rest fills a gap with what its own errors predict, and with gaps
close to one another the coefficients may grow without bound although nothing that is to be
predicted does. Then the unknowns are expressed anew, :math:`x + S z` with :math:`z \sim N(0, I)`,
in as few z as the rows ahead depend on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsconv._checks import FloatArray
from tsconv.arima.factors import Whitening
from tsconv.arima.presample import presample_root
from tsconv.arima.spec import ArimaSpec

# Coefficients below this, relative to the unit errors they add to, are taken as zero.
_NEGLIGIBLE = 1e-15
# A flat unknown counts in a row if its coefficient is above this; true ones are of order 1.
_TOUCHES = 1e-9
_BLOCK = 64
# A block also ends after this many gaps; between them coefficients may grow.
_GAPS = 4
_GROWN = 8.0


@dataclass(frozen=True, eq=False)
class Filtered:
    """What recursive least squares found in n rows.

    Attributes
    ----------
    innovations, innovations_var : ndarray, shape (n,)
        One-step errors and their variances in units of sigma2; NaN where there are none.
    predictions : ndarray, shape (n,)
        Expected value of each row given the rows before.
    noise : ndarray, shape (n,)
        Values, missing ones as expected given all rows (NaN where nothing tells).
    errors : ndarray, shape (ma_degree,)
        The last errors, given all rows.
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
class _Value:
    """A missing value: ``mean + reach @ unknowns - sum(others[row] * value of row)``."""

    row: int
    mean: float
    reach: FloatArray
    others: dict[int, float]
    order: int


class _Unknowns:
    """The unknowns: mean, square root of covariance, and coefficients of the rows in sight."""

    def __init__(
        self, n: int, root: FloatArray, response: FloatArray, start: int, n_kept: int
    ) -> None:
        r = root.shape[0]
        self.n, self.n_kept = n, n_kept
        # First row of the block at hand, and first row in sight; the last n_kept never leave it.
        self.block = self.base = start
        self.mean, self.root = np.zeros(r), root
        # Row t - base holds the coefficients of row t; rows below the last are zero.
        self.rows = np.zeros((min(n - start, response.size + r), r))
        for j in range(r):
            part = response[: max(self.rows.shape[0] - j, 0)]
            self.rows[j : j + part.size, j] = -part
        self.values: list[_Value] = []
        self.settled: list[_Value] = []
        self.n_ever = 0

    def coefficients(self, start: int, stop: int) -> FloatArray:
        """Coefficients of rows start, ..., stop - 1; shape (stop - start, number of unknowns)."""
        found = self.rows[start - self.base : max(stop - self.base, 0)]
        lacking = stop - start - found.shape[0]
        if lacking:
            found = np.concatenate([found, np.zeros((lacking, self.rows.shape[1]))])
        return found

    def replace_error(self, row: int, response: FloatArray) -> FloatArray:
        """Make the error of `row` the last unknown; return the row's coefficients till then.

        `response` is what the missing value does to the errors, 1 in its row.
        """
        have, need = self.rows.shape[0], row - self.base + response.size
        if need > have or row - self.base > 4096 + have // 2:
            # Let rows that have been passed go, and make room for as many as are needed twice.
            passed = max(min(self.block, self.n - self.n_kept) - self.base, 0)
            left = self.rows[passed:]
            self.base += passed
            room = min(self.n - self.base, max(2 * (need - passed), left.shape[0]))
            self.rows = np.zeros((room, left.shape[1]))
            self.rows[: left.shape[0]] = left
        at = row - self.base
        coefs: FloatArray = self.rows[at].copy()
        self.rows[at : at + response.size] -= np.outer(response, coefs)
        column = np.zeros((self.rows.shape[0], 1))
        column[at : at + response.size, 0] = response
        self.rows = np.hstack([self.rows, column])
        k, m = self.root.shape
        root = np.zeros((k + 1, m + 1))
        root[:k, :m] = self.root
        root[k, m] = 1.0
        self.root, self.mean = root, np.append(self.mean, 0.0)
        for value in self.values:
            value.reach = np.append(value.reach, 0.0)
        return coefs

    def look_ahead(self, row: int, span: int, sigma: float, e0: FloatArray) -> None:
        """Forget what no later row depends on; express anew what has grown.

        The coefficients follow the recursion of the MA part, so `span` rows decide.
        """
        near = self.coefficients(row, min(row + span, self.n))
        size = np.abs(near).max(axis=0, initial=0.0)
        if size.max(initial=0.0) > _GROWN or size.size > 2 * span + _BLOCK:
            self._express_anew(row, near, e0)
            near = self.coefficients(row, min(row + span, self.n))
            size = np.abs(near).max(axis=0, initial=0.0)
        spread = np.sqrt(np.einsum("ij,ij->i", self.root, self.root))
        alive = size * np.maximum(spread, np.abs(self.mean) / sigma) > _NEGLIGIBLE
        if alive.all():
            return
        for value in self.values:
            value.mean += float(value.reach[~alive] @ self.mean[~alive])
            value.reach = value.reach[alive]
        self.mean, self.rows, self.root = self.mean[alive], self.rows[:, alive], self.root[alive]
        if self.root.shape[1] > self.root.shape[0]:
            _, R = np.linalg.qr(self.root.T)
            self.root = np.ascontiguousarray(R.T)
        self._put_away()

    def _express_anew(self, row: int, near: FloatArray, e0: FloatArray) -> None:
        """Replace x by mean + S z, and z by as many combinations as the rows ahead depend on."""
        left = self.rows[row - self.base :]
        e0[row : row + left.shape[0]] += left @ self.mean
        basis = self.root
        if basis.shape[1] > near.shape[0]:
            Q, _ = np.linalg.qr((near @ basis).T)
            basis = basis @ Q
        for value in self.values:
            value.mean += float(value.reach @ self.mean)
            value.reach = value.reach @ basis
        self.base, self.rows = row, left @ basis
        self.mean, self.root = np.zeros(basis.shape[1]), np.eye(basis.shape[1])
        self._put_away()

    def _put_away(self) -> None:
        """Leave values alone that no unknown changes any more."""
        done = [not np.any(np.abs(value.reach) > _NEGLIGIBLE) for value in self.values]
        self.settled += [value for value, is_done in zip(self.values, done, strict=True) if is_done]
        self.values = [v for v, is_done in zip(self.values, done, strict=True) if not is_done]


@dataclass(eq=False)
class _Gap:
    """A missing row of a block: what its error was before it became an unknown."""

    row: int
    const: float
    coefs: FloatArray


def filter_exactly(noise: FloatArray, spec: ArimaSpec, params: FloatArray) -> Filtered:
    """Run the recursion over the rows of a series, missing ones included.

    Parameters
    ----------
    noise : ndarray, shape (n,)
        Series less regression; missing values NaN. At least as long as the model's memory.

    Raises
    ------
    ArithmeticError
        If the AR part is not stationary: there is no distribution to start from.
    """
    n, lost = noise.size, min(spec.n_lost, noise.size)
    missing = np.isnan(noise)
    values = np.where(missing, 0.0, noise)
    whiten = Whitening(spec, params)
    sigma = float(np.sqrt(params[-1])) or 1.0
    e0 = whiten(values, lost)
    r = min(max(spec.ar_degree, spec.ma_degree), n - lost)
    root = presample_root(spec, params)[:r] if r else np.zeros((0, 0))
    unknowns = _Unknowns(n, root, _trimmed(whiten.response(n - lost)), lost, spec.ma_degree)
    innovations, variances = e0.copy(), np.ones(n)
    innovations[:lost] = variances[:lost] = np.nan
    gaps = np.flatnonzero(missing)
    # Values missing among those used up by differencing: flat until a row depends on them.
    open_columns = {}
    for k in gaps[gaps < lost].tolist():
        unit = np.zeros(n)
        unit[k] = 1.0
        open_columns[k] = whiten(unit, lost)
    pi = _trimmed(whiten.unit_response(n)) if gaps.size else np.zeros(0)
    span = lost + spec.ar_degree + spec.ma_degree + 1
    tail = 2 * max(lost + spec.ar_degree, spec.ma_degree) + 1
    log_diffuse = 0.0

    row = lost
    while row < n:
        if not unknowns.mean.size and not open_columns:
            ahead = gaps[np.searchsorted(gaps, row) :]
            if not ahead.size:
                innovations[row:] = e0[row:]
                break
            innovations[row : ahead[0]] = e0[row : ahead[0]]
            row = int(ahead[0])
        unknowns.block = row
        observed: list[int] = []
        block: list[_Gap] = []
        t, n_settled = row, 0
        while t < min(row + _BLOCK, n) and n_settled < _GAPS:
            touching = {k: c[t] for k, c in open_columns.items() if abs(c[t]) > _TOUCHES}
            if missing[t]:
                const = float(e0[t])
                coefs = _settle(t, t, pi[: n - t], 1.0, e0, unknowns, open_columns)
                if not touching:
                    block.append(_Gap(t, const, coefs))
            elif touching:
                k = max(touching, key=lambda number: abs(touching[number]))
                column = open_columns.pop(k)
                log_diffuse -= float(np.log(abs(column[t])))
                _settle(k, t, column[t:], column[t], e0, unknowns, open_columns)
            else:
                observed.append(t)
            if not (observed and observed[-1] == t):
                innovations[t] = variances[t] = np.nan
                n_settled += 1
            t += 1
        _update(row, t, observed, block, e0, unknowns, innovations, variances)
        row = t
        if row < n - tail:
            unknowns.look_ahead(row, span, sigma, e0)
    filled = values.copy()
    filled[list(open_columns)] = np.nan
    reach = _fill(filled, unknowns)
    predictions = values - innovations
    innovations[missing] = np.nan
    last = min(spec.ma_degree, n - lost)
    coefs = unknowns.coefficients(n - last, n)
    return Filtered(
        innovations,
        variances,
        predictions,
        filled,
        e0[n - last :] + coefs @ unknowns.mean,
        _tail(spec, n, coefs, reach, unknowns.root),
        log_diffuse,
    )


def _update(
    row: int,
    stop: int,
    observed: list[int],
    gaps: list[_Gap],
    e0: FloatArray,
    unknowns: _Unknowns,
    innovations: FloatArray,
    variances: FloatArray,
) -> None:
    """Learn from the observations of a block; write innovations, also those gaps would have."""
    from scipy.linalg.lapack import dtrtrs

    S, mean = unknowns.root, unknowns.mean
    at = np.array(observed, dtype=int)
    if not mean.size:
        innovations[at] = e0[at]
        return
    coefs = np.zeros((len(gaps), mean.size))
    for k, gap in enumerate(gaps):
        coefs[k, : gap.coefs.size] = gap.coefs
    rows = np.array([gap.row for gap in gaps], dtype=int)
    expected = [gap.const for gap in gaps] + coefs @ mean
    if at.size:
        A = unknowns.coefficients(row, stop)[at - row]
        W = A @ S
        L = np.linalg.cholesky(np.eye(at.size) + W @ W.T)
        u = dtrtrs(L, e0[at] + A @ mean, lower=1)[0]
        diagonal = np.diagonal(L)
        innovations[at] = diagonal * u
        variances[at] = diagonal**2
        if gaps:
            # What the observations before each gap, within the block, say about it.
            Z = dtrtrs(L, W @ (coefs @ S).T, lower=1)[0]
            Z[at[:, None] > rows] = 0.0
            expected = expected - u @ Z
        unknowns.mean = mean - S @ (W.T @ dtrtrs(L, u, lower=1, trans=1)[0])
        inner = dtrtrs(L + np.eye(at.size), W, lower=1)[0]
        unknowns.root = S - (S @ W.T) @ dtrtrs(L, inner, lower=1, trans=1)[0]
    innovations[rows] = expected


def _settle(
    value: int,
    row: int,
    column: FloatArray,
    divisor: float,
    e0: FloatArray,
    unknowns: _Unknowns,
    open_columns: dict[int, FloatArray],
) -> FloatArray:
    """Let the error of `row` take the place of the missing `value`, whose response is `column`.

    Returns the coefficients that the error of `row` had.
    """
    response = column / divisor
    const = float(e0[row])
    others = {k: float(c[row]) / divisor for k, c in open_columns.items() if k != value}
    others = {k: coef for k, coef in others.items() if coef != 0.0}
    e0[row : row + response.size] -= const * response
    for k, coef in others.items():
        open_columns[k][row : row + response.size] -= coef * divisor * response
    coefs = unknowns.replace_error(row, response)
    reach = np.append(-coefs, 1.0) / divisor
    unknowns.n_ever += 1
    unknowns.values.append(_Value(value, -const / divisor, reach, others, unknowns.n_ever))
    return coefs


def _fill(filled: FloatArray, unknowns: _Unknowns) -> dict[int, FloatArray]:
    """Put the expected missing values in; return how those still uncertain depend on unknowns."""
    nothing = np.zeros(unknowns.mean.size)
    uncertain = {value.row for value in unknowns.values}
    reach: dict[int, FloatArray] = {}
    # The last settled first: earlier ones may refer to them.
    both = unknowns.settled + unknowns.values
    for value in sorted(both, key=lambda one: one.order, reverse=True):
        own = value.reach if value.row in uncertain else nothing
        mean = value.mean + float(own @ unknowns.mean)
        for k, coef in value.others.items():
            mean -= coef * filled[k]
            own = own - coef * reach.get(k, nothing)
        filled[value.row] = mean
        reach[value.row] = own
    return reach


def _tail(
    spec: ArimaSpec, n: int, last: FloatArray, values: dict[int, FloatArray], root: FloatArray
) -> FloatArray:
    """Covariance of what is not known of the last values and errors."""
    n_noise, n_errors = spec.n_lost + spec.ar_degree, spec.ma_degree
    if not root.size:
        return np.zeros((0, 0))
    reach = np.zeros((n_noise + n_errors, root.shape[0]))
    for row, effect in values.items():
        if row >= n - n_noise:
            reach[row - (n - n_noise)] = effect
    reach[reach.shape[0] - last.shape[0] :] = last
    spread = reach @ root
    covariance = spread @ spread.T
    if np.max(np.diagonal(covariance), initial=0.0) < _NEGLIGIBLE:
        return np.zeros((0, 0))
    return np.asarray(covariance)


def _trimmed(response: FloatArray) -> FloatArray:
    """Leave out what has died out at the end of a response."""
    alive = np.flatnonzero(np.abs(response) > _NEGLIGIBLE * np.abs(response).max(initial=1.0))
    return response[: int(alive[-1]) + 1 if alive.size else 0]
