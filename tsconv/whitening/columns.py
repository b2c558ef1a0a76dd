"""Columns without correlation: `decorrelate`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_fraction
from tsconv._frames import Taken, take_apart
from tsconv.whitening.scaling import (
    centre,
    check_varying,
    column_labels,
    complete_or_gappy,
    moments,
)


@dataclass(frozen=True)
class Decorrelated:
    """Columns without correlation; made by `decorrelate`.

    Attributes
    ----------
    data : same kind as the input
        ``(x - mean) @ matrix.T``.
    mean : ndarray, shape (n_columns,)
        What was subtracted.
    matrix, inverse : ndarray, shape (n_columns, n_columns)
        What rows were multiplied by, and its inverse.
    covariance : ndarray, shape (n_columns, n_columns)
        The covariance that becomes the identity, after shrinkage.
    shrinkage : float
        Share of the target in it.
    method : str
        As given to `decorrelate`.
    """

    data: Any
    mean: FloatArray
    matrix: FloatArray
    inverse: FloatArray
    covariance: FloatArray
    shrinkage: float
    method: str
    _names: tuple[tuple[Any, ...], tuple[Any, ...]] | None = field(default=None, repr=False)

    def apply(self, x: Any) -> Any:
        """Decorrelate other data by the same numbers; a row with a gap becomes missing."""
        taken = _table(x, "x", self.mean.size)
        return _renamed(taken, (taken.values - self.mean) @ self.matrix.T, self._names, 1)

    def restore(self, z: Any) -> Any:
        """Undo it: the inverse of `apply`."""
        taken = _table(z, "z", self.mean.size)
        return _renamed(taken, taken.values @ self.inverse.T + self.mean, self._names, 0)


def decorrelate(
    x: pd.DataFrame | ArrayLike,
    *,
    method: Literal["pca", "zca", "cholesky"] = "pca",
    shrinkage: float | Literal["ledoit-wolf"] = 0.0,
    missing: Literal["raise", "drop", "pairwise"] = "raise",
) -> Decorrelated:
    r"""Make columns uncorrelated, each of mean 0 and variance 1.

    Parameters
    ----------
    x : DataFrame or array_like, shape (n, n_columns)
        The data.
    method : {"pca", "zca", "cholesky"}, default "pca"
        ``"pca"``: principal components, largest variance first, each scaled to 1. ``"zca"``: the
        uncorrelated columns nearest to the originals. ``"cholesky"``: what each column adds to the
        ones before it.
    shrinkage : float or "ledoit-wolf", default 0.0
        Share in [0, 1] of a multiple of the identity mixed into the covariance, for few rows;
        ``"ledoit-wolf"`` estimates the best one.
    missing : {"raise", "drop", "pairwise"}, default "raise"
        Stop at missing values; estimate from the rows without any; or estimate each covariance from
        the rows that have both. Rows with a gap are missing in the result.

    Returns
    -------
    Decorrelated
        With `data`, `mean`, `matrix`, `inverse`, `covariance`, `shrinkage`, `apply` and `restore`.

    Raises
    ------
    ValueError
        If the covariance is singular: a column is constant, columns are linearly dependent (the
        message names them), or there are fewer rows than columns; or if values are missing.

    See Also
    --------
    whiten : Correlation in time.
    whiteness : Tests of both.

    Notes
    -----
    With the covariance (divisor n) :math:`C = U \Lambda U' = L L'`,

    .. math:: z = W (x - \bar x), \qquad
              W = \Lambda^{-1/2} U', \quad U \Lambda^{-1/2} U', \quad L^{-1},

    and the inverses :math:`U \Lambda^{1/2}`, :math:`U \Lambda^{1/2} U'`, L. The largest coefficient
    of each component is positive. Without shrinkage the covariance of the result is the identity to
    rounding. Shrinkage takes :math:`(1 - \delta) C + \delta\, \tfrac{\mathrm{tr}\, C}{p} I`, with
    the formula of Ledoit and Wolf for :math:`\delta`; columns should then have comparable scales
    (`standardize` them first). O(n p^2 + p^3).

    References
    ----------
    .. [1] Kessy, A., Lewin, A. and Strimmer, K. (2018), Optimal whitening and decorrelation, The
       American Statistician 72, 309-314.
    .. [2] Ledoit, O. and Wolf, M. (2004), A well-conditioned estimator for large-dimensional
       covariance matrices, Journal of Multivariate Analysis 88, 365-411, section 3.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 3, 2, 5]})
    >>> result = decorrelate(table, method="cholesky")
    >>> result.data.cov(ddof=0).round(12).abs().to_numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> bool(np.allclose(result.restore(result.data), table))
    True
    """
    check_choice(method, "method", ("pca", "zca", "cholesky"))
    check_choice(missing, "missing", ("raise", "drop", "pairwise"))
    taken = _table(x, "x")
    values = complete_or_gappy(taken.values, "drop", allow_gaps=missing != "raise")
    labels = column_labels(taken)
    if missing == "drop":
        values = values[~np.isnan(values).any(axis=1)]
    n, p = values.shape
    if n < 2 or p == 0:
        raise ValueError(f"`x` must have at least two complete rows and a column; got {n} and {p}.")
    if missing == "pairwise":
        mean, std = moments(values, labels)
        centred = values - mean
        covariance = _pairwise(centred)
    else:
        centred, mean, std = centre(values)
        covariance = centred.T @ centred / n
        check_varying(values, mean, std, labels)
    if shrinkage == "ledoit-wolf":
        if missing == "pairwise":
            raise ValueError(
                '"ledoit-wolf" needs complete rows: give missing="drop", or a number as'
                " `shrinkage`."
            )
        share = _ledoit_wolf(centred, covariance)
    else:
        share = check_fraction(shrinkage, "shrinkage")
    covariance = (1 - share) * covariance
    covariance[np.diag_indices(p)] += share * float(np.mean(std**2))
    matrix, inverse = _square_roots(covariance, method, labels, n)
    names = None
    if isinstance(taken.source, pd.DataFrame):
        new = tuple(f"pc{k + 1}" for k in range(p)) if method == "pca" else tuple(labels)
        names = tuple(labels), new
    rows = taken.values - mean if missing == "drop" else centred
    data = _renamed(taken, rows @ matrix.T, names, 1)
    return Decorrelated(data, mean, matrix, inverse, covariance, share, method, names)


def _pairwise(centred: FloatArray) -> FloatArray:
    """Mean product of each pair of columns over the rows that have both."""
    there = ~np.isnan(centred)
    filled = np.where(there, centred, 0.0)
    pairs = there.T.astype(np.float64) @ there
    if (pairs == 0).any():
        i, j = (int(k) for k in np.argwhere(pairs == 0)[0])
        raise ValueError(f"columns {i} and {j} of `x` have no row in common; leave one out.")
    return np.asarray(filled.T @ filled / pairs)


def _ledoit_wolf(centred: FloatArray, covariance: FloatArray) -> float:
    r"""Return the share of the target, :math:`\min(b^2, d^2) / d^2` in the paper's notation."""
    n, p = centred.shape
    level = np.trace(covariance) / p
    distance = float(np.sum((covariance - level * np.eye(p)) ** 2))
    # The sum over rows of |x x' - C|^2 without forming any x x'.
    fourth = float(np.sum(np.einsum("ij,ij->i", centred, centred) ** 2)) / n
    noise = (fourth - float(np.sum(covariance**2))) / n
    return min(max(noise, 0.0), distance) / distance if distance > 0 else 1.0


def _square_roots(
    covariance: FloatArray, method: str, labels: list[Any], n: int
) -> tuple[FloatArray, FloatArray]:
    """Return W with W C W' = I, and its inverse."""
    p = covariance.shape[0]
    # Dependence shows in correlations, whatever the scales of the columns.
    scale = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    limit = max(n, p) * np.finfo(float).eps
    if values[0] <= limit * p:
        share = np.abs(vectors[:, 0])
        names = [repr(labels[k]) for k in np.flatnonzero(share > 0.1 * share.max())[:6]]
        raise ValueError(
            "the covariance must not be singular: columns"
            f" {', '.join(names)} are linearly dependent (smallest eigenvalue of the correlations"
            f" {values[0]:.2g}, {n} rows, {p} columns). Leave one out, or give"
            ' shrinkage="ledoit-wolf".'
        )
    if method == "cholesky":
        import scipy.linalg

        lower = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        return np.asarray(scipy.linalg.solve_triangular(lower, np.eye(p), lower=True)), lower
    values, vectors = np.linalg.eigh(covariance)
    if values[0] <= limit * values[-1]:
        raise ValueError(
            "the columns of `x` differ too much in scale for"
            f" method={method!r} ({scale.min():.2g} to {scale.max():.2g}): `standardize` them"
            ' first, or use method="cholesky".'
        )
    values, vectors = values[::-1], vectors[:, ::-1]
    largest = np.argmax(np.abs(vectors), axis=0)
    vectors = vectors * np.where(vectors[largest, np.arange(p)] < 0, -1.0, 1.0)
    root = np.sqrt(values)
    if method == "pca":
        return np.asarray((vectors / root).T), np.asarray(vectors * root)
    return np.asarray((vectors / root) @ vectors.T), np.asarray((vectors * root) @ vectors.T)


def _table(x: Any, name: str, n_columns: int | None = None) -> Taken:
    taken = take_apart(x, name)
    if taken.values.ndim != 2:
        raise ValueError(
            f"`{name}` must be a table with a column for each series; got one series."
            " Use `standardize`, or `whiten` for correlation in time."
        )
    if taken.values.dtype.kind == "c":
        raise TypeError(f"`{name}` must be real; got {taken.values.dtype}.")
    if n_columns is not None and taken.values.shape[1] != n_columns:
        raise ValueError(
            f"`{name}` must have {n_columns} columns, as before; got {taken.values.shape[1]}."
        )
    return taken


def _renamed(taken: Taken, values: FloatArray, names: Any, which: int) -> Any:
    """Put a table back on its index, with the old (0) or new (1) names of the columns."""
    result = taken.rebuild(np.ascontiguousarray(values))
    if names is not None and isinstance(result, pd.DataFrame):
        result.columns = pd.Index(names[which])
    return result
