"""A series without memory, by an autoregression: `whiten`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv._checks import FloatArray, check_choice, check_complete, check_count
from tsconv._frames import take_vector
from tsconv.correlation.autoregression import (
    CRITERIA,
    burg_path,
    default_order,
    prediction_errors,
    step_up,
    yule_walker_path,
)
from tsconv.engines.recursion import recursive_filter
from tsconv.kernel import Kernel
from tsconv.spectra.transform import complete_series


@dataclass(frozen=True)
class Whitened:
    """A series without memory; made by `whiten`.

    Attributes
    ----------
    data : Series or ndarray
        One-step prediction errors in units of their standard deviations.
    mean : float
        Mean of the series.
    coefs : ndarray, shape (order,)
        AR coefficients, as `fit_ar` gives them.
    sigma : float
        Standard deviation of the prediction errors.
    """

    data: Any
    mean: float
    coefs: FloatArray
    sigma: float
    _reflection: FloatArray = field(repr=False)

    @property
    def order(self) -> int:
        """Number of AR coefficients."""
        return self.coefs.size

    @property
    def kernel(self) -> Kernel:
        """The whitening kernel, once the first `order` samples have passed; inverse: colouring."""
        return Kernel(np.concatenate([[1.0], -self.coefs]) / self.sigma)

    def apply(self, x: Any) -> Any:
        """Whiten another series by the same numbers."""
        taken = take_vector(x)
        values = check_complete(taken.values, "x", "Fill or drop them first.")
        return taken.rebuild(self._whiten(values))

    def restore(self, z: Any) -> Any:
        """Undo it: the inverse of `apply`, exact from the first sample on."""
        taken = take_vector(z, "z")
        values = check_complete(taken.values, "z", "Every later value depends on it.")
        first = np.empty(min(self.order, values.size))
        predictors, scales = self._starting()
        for t in range(first.size):
            first[t] = values[t] * scales[t] + predictors[t] @ first[:t][::-1]
        if first.size == values.size:
            return taken.rebuild(first + self.mean)
        noise = values[self.order :] * self.sigma
        lags = np.arange(1, self.order + 1)
        later = recursive_filter(noise, lags, -self.coefs, initial=first if self.order else None)
        return taken.rebuild(np.concatenate([first, later]) + self.mean)

    def _whiten(self, values: FloatArray) -> FloatArray:
        z = values - self.mean
        errors = np.empty(z.size)
        predictors, scales = self._starting()
        p = min(self.order, z.size)
        for t in range(p):
            errors[t] = (z[t] - predictors[t] @ z[:t][::-1]) / scales[t]
        if z.size > p:
            errors[p:] = prediction_errors(z, self.coefs) / self.sigma
        return errors

    def _starting(self) -> tuple[list[FloatArray], FloatArray]:
        """Predictors of order 0, 1, ... for the first samples, and their standard errors."""
        predictors = [step_up(self._reflection[:k]) for k in range(self.order)]
        shrinking = np.cumprod((1 - self._reflection**2)[::-1])[::-1]
        return predictors, self.sigma / np.sqrt(shrinking)


def whiten(
    x: pd.Series | ArrayLike,
    *,
    order: int | Literal["aic", "aicc", "bic"] = "aic",
    method: Literal["burg", "yule-walker"] = "burg",
    missing: Literal["raise", "interpolate"] = "raise",
) -> Whitened:
    r"""Take the memory out of a series: its one-step prediction errors under an autoregression.

    Parameters
    ----------
    x : Series or array_like, shape (n,)
        Equally spaced samples.
    order : int or {"aic", "aicc", "bic"}, default "aic"
        Number of AR coefficients, or the criterion that chooses it, up to ``10 log10(n)``.
    method : {"burg", "yule-walker"}, default "burg"
        How the coefficients are estimated; either way the model is stationary.
    missing : {"raise", "interpolate"}, default "raise"
        Stop at missing values, or draw straight lines over gaps between samples.

    Returns
    -------
    Whitened
        With `data`, `kernel`, `coefs`, `sigma`, `order`, `apply` and `restore`.

    Raises
    ------
    ValueError
        If the series is constant, or perfectly predictable from its past, too short for the order,
        or has missing values.

    See Also
    --------
    fit_ar, fit_arima : Models with standard errors, forecasts and comparisons.
    decorrelate : Correlation between columns.

    Notes
    -----
    .. math:: z_t = \frac{1}{\sigma_t}
              \Big(x_t - \mu - \sum_{i=1}^{\min(p, t)} \phi^{(t)}_i (x_{t-i} - \mu)\Big),

    where the first p samples are predicted by the models of order 0, 1, ..., p - 1, with their own
    standard errors :math:`\sigma_t`, so that white noise starts at the first sample; from t = p on
    this is the convolution with `kernel`. O(n p).

    References
    ----------
    .. [1] Brockwell, P. J. and Davis, R. A. (1991), Time Series: Theory and Methods, 2nd ed.,
       section 5.2.

    Examples
    --------
    >>> from tsconv import datasets
    >>> result = whiten(datasets.load_sunspots(), order=2)
    >>> result.coefs.round(2)
    array([ 1.39, -0.69])
    >>> bool(np.allclose(result.restore(result.data), datasets.load_sunspots()))
    True
    """
    check_choice(method, "method", ("burg", "yule-walker"))
    taken, values = complete_series(x, missing)
    fit = burg_path if method == "burg" else yule_walker_path
    if isinstance(order, str):
        check_choice(order, "order", CRITERIA)
        path = fit(values, max(default_order(values.size), 0))
        chosen = path.best_order(order)
    else:
        chosen = check_count(order, "order")
        path = fit(values, chosen)
    reflection = path.reflection[:chosen]
    variance = float(np.ldexp(path.unit_sigma2[chosen], 2 * path.exponent))
    if not variance > 0 or not np.all(np.abs(reflection) < 1):
        raise ValueError(
            f"the past of `x` predicts it without error (order {chosen}): no noise is left to scale"
            " to one. Lower `order`."
        )
    result = Whitened(None, path.mean, step_up(reflection), math.sqrt(variance), reflection)
    object.__setattr__(result, "data", taken.rebuild(result._whiten(values)))
    return result
