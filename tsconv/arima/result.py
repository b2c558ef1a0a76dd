"""The result of a fit: `ArimaFit`, an ARIMA model with parameters, data, kernels and forecasts.

Everything beyond the estimates is computed when it is first read, and kept.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv._intervals import normal_quantile
from tsconv.arima import future
from tsconv.arima.choice import PLAIN, Choice
from tsconv.arima.elsewhere import CALLED_HERE
from tsconv.arima.equation import EquationTerms
from tsconv.arima.future import State
from tsconv.arima.labels import Continuation
from tsconv.arima.path import Path, find_path, loglike_at
from tsconv.arima.report import describe, describe_fit, describe_fit_html
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.spec import ArimaSpec
from tsconv.kernel import Kernel
from tsconv.kernels import sarima

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


COV_TYPES = ("oim", "opg", "robust")


@dataclass(frozen=True, eq=False, repr=False)
class ArimaFit:
    r"""An ARIMA model fitted to a series: parameters, kernels, errors, forecasts.

    Made by `fit_arima`, `from_statsmodels` and `load`; it does not change afterwards.

    Attributes
    ----------
    spec : ArimaSpec
        Orders, lags, trend, regressors.
    estimates : ndarray, shape (spec.n_params,)
        Values of ``spec.names``.
    loglike : float
        Natural logarithm of the likelihood, all constants included.
    n_obs : int
        Observations that are there (not missing, not held back).
    converged : bool
        Whether the certificate says that this is the maximum.
    cov_type : {"oim", "opg", "robust"}
        Where standard errors come from.
    certificate : Certificate or None
        How the optimum was verified; None for a model fitted elsewhere.
    equation : EquationTerms or None
        Terms inside the ARMA equation (only in models read in from statsmodels).
    source : str
        Who estimated the parameters: "tsconv", or the class of statsmodels' model.
    choice : Choice
        How the orders were found, and the transformation they stand on, if by `auto_arima`.

    Notes
    -----
    With regression columns :math:`x_t` (trend first, then exog) the model is

    .. math:: \phi(L) \Phi(L^s) (1-L)^d (1-L^s)^D (y_t - x_t \beta)
              = \theta(L) \Theta(L^s) e_t, \qquad e_t \sim N(0, \sigma^2),

    so `const` is the mean of the process and `drift` the mean change from one row to the next. The
    colouring kernel makes the series of the errors, the whitening kernel the errors of the series.

    Examples
    --------
    >>> from tsconv import datasets
    >>> from tsconv.arima import fit_arima
    >>> fit = fit_arima(datasets.load_nile(), (0, 1, 1))
    >>> fit.params.round(2)
    ma.L1        -0.73
    sigma2    20599.87
    Name: estimate, dtype: float64
    >>> fit.whitening
    Kernel((1 - L) / (1 - 0.7329 L))
    >>> fit.forecast(2)[["mean", "std_error"]].round(1)
                 mean  std_error
    1971-01-01  798.4      143.5
    1972-01-01  798.4      148.6
    """

    spec: ArimaSpec
    estimates: FloatArray
    loglike: float
    n_obs: int
    converged: bool = True
    cov_type: str = "oim"
    certificate: Any = None
    equation: EquationTerms | None = None
    source: str = "tsconv"
    choice: Choice = field(default=PLAIN, repr=False)
    _sample: Sample | None = field(default=None, repr=False)
    _covariance: FloatArray | None = field(default=None, repr=False)
    _origin: Any = field(default=None, repr=False)
    _saved: tuple[State, Continuation, Hashable] | None = field(default=None, repr=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            hint = f" It is {CALLED_HERE[name]} here." if name in CALLED_HERE else ""
            raise AttributeError(
                f"'ArimaFit' object has no attribute {name!r}.{hint}", name=name, obj=self
            )

    # ------------------------------------------------------------------ the model

    @property
    def order(self) -> tuple[Any, int, Any]:
        """Order (p, d, q); counts, or the lags in use."""
        return self.spec.order

    @property
    def seasonal_order(self) -> tuple[Any, int, Any, int]:
        """Seasonal order (P, D, Q, s)."""
        return self.spec.seasonal_order

    @property
    def trend(self) -> Any:
        """Trend beside the ARMA process: "n", "c", "t", "ct", or a tuple of 0 and 1 for powers."""
        return self.spec.trend

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parameters, in the order of `params`."""
        return (self.equation.names if self.equation else ()) + self.spec.names

    @property
    def models_tried(self) -> pd.DataFrame:
        """Models that `auto_arima` tried, best first, with reasons for those rejected.

        Empty for a model whose orders were given.
        """
        return self.choice.models

    @property
    def n_free(self) -> int:
        """Number of estimated parameters, `sigma2` included."""
        if self.choice.n_coefs is not None:
            return self.choice.n_coefs + 1
        return len(self.names) - len(tuple(self.spec.fixed or ()))

    @functools.cached_property
    def params(self) -> pd.Series[float]:
        """Estimates by name, under statsmodels' names."""
        return pd.Series(self._values, index=pd.Index(self.names), name="estimate")

    @property
    def _values(self) -> FloatArray:
        if self.equation is None:
            return self.estimates
        return np.concatenate([self.equation.coefs, self.estimates])

    @property
    def sigma2(self) -> float:
        """Variance of the errors e[t]."""
        return float(self.estimates[-1])

    @functools.cached_property
    def coloring(self) -> Kernel:
        """Kernel that makes the series (less regression) of white noise."""
        return _coloring(self.spec, self.estimates)

    @functools.cached_property
    def whitening(self) -> Kernel:
        """Kernel that makes white noise of the series (less regression): inverse of `coloring`."""
        return self.coloring.inverse()

    def psi_weights(self, n: int) -> FloatArray:
        """First `n` weights of `coloring`: how an error lives on, shape (n,)."""
        return self.coloring.impulse_response(n)

    def pi_weights(self, n: int) -> FloatArray:
        """First `n` weights of `whitening`: ``e[t] = sum_k pi[k] (y[t-k] - ...)``, shape (n,)."""
        return self.whitening.impulse_response(n)

    # ------------------------------------------------------------------ how good it is

    @property
    def n_used(self) -> int:
        """Observations the likelihood is made of: `n_obs` less those used up by differencing."""
        return self.n_obs - self.spec.n_lost

    @property
    def aic(self) -> float:
        """Akaike's criterion, ``-2 loglike + 2 k`` with k parameters, `sigma2` among them."""
        return -2 * self.loglike + 2 * self.n_free

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for short series; infinite if there are too few rows."""
        room = self.n_used - self.n_free - 1
        if room <= 0:
            return math.inf
        return self.aic + 2 * self.n_free * (self.n_free + 1) / room

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``-2 loglike + k log(n_used)``."""
        return -2 * self.loglike + self.n_free * math.log(self.n_used)

    @functools.cached_property
    def cov_params(self) -> pd.DataFrame:
        """Covariance of the estimates, NaN for fixed ones; computed as `cov_type` says."""
        matrix = self._covariance
        if matrix is None:
            from tsconv.arima.uncertainty import covariance

            matrix = covariance(self._data, self.spec, self.estimates, self.cov_type)
        return pd.DataFrame(matrix, index=pd.Index(self.names), columns=pd.Index(self.names))

    @functools.cached_property
    def std_errors(self) -> pd.Series[float]:
        """Standard errors by name; NaN for fixed parameters and factors at a unit root.

        The usual theory ends at a unit root. With ``cov_type="oim"`` a MA root on the unit circle
        still has the curvature there, as R reports it; outer products ("opg", "robust") say nothing
        of its factor, nor does any kind of an AR factor whose root comes so close to the circle
        that no difference fits between. Other parameters then have the errors of the same model
        with that factor held fixed.
        """
        diagonal = np.diagonal(self.cov_params.to_numpy()).copy()
        diagonal[~(diagonal > 0)] = np.nan
        return pd.Series(np.sqrt(diagonal), index=pd.Index(self.names), name="std_error")

    def table(self, *, level: float = 95) -> pd.DataFrame:
        """One row a parameter: `estimate`, `std_error`, `z`, `p_value`, `lower`, `upper`.

        Parameters
        ----------
        level : float, default 95
            Coverage of the interval from `lower` to `upper`, in per cent; normal approximation.
        """
        estimate, std_error = self.params.to_numpy(), self.std_errors.to_numpy()
        z = estimate / std_error
        reach = normal_quantile(level) * std_error
        columns = {
            "estimate": estimate,
            "std_error": std_error,
            "z": z,
            "p_value": [math.erfc(abs(value) / math.sqrt(2)) for value in z],
            "lower": estimate - reach,
            "upper": estimate + reach,
        }
        return pd.DataFrame(columns, index=self.params.index)

    def glance(self) -> pd.DataFrame:
        """One row for the model: `n_obs`, `loglike`, `aic`, `aicc`, `bic`, `sigma2`, `converged`.

        Rows of several fits, put together by ``pd.concat``, are a table to compare them.
        """
        row = {
            "n_obs": self.n_obs,
            "loglike": self.loglike,
            "aic": self.aic,
            "aicc": self.aicc,
            "bic": self.bic,
            "sigma2": self.sigma2,
            "converged": self.converged,
        }
        return pd.DataFrame(row, index=[describe(self.spec)])

    # ------------------------------------------------------------------ row by row

    @functools.cached_property
    def _path(self) -> Path:
        return find_path(self._data, self.spec, self.estimates, self.equation)

    @property
    def _data(self) -> Sample:
        if self._sample is None:
            raise ValueError(
                "this fit was loaded without its observations (the series is too long for the"
                " file), so it can forecast but not look back. Try `load(path, y=series)`."
            )
        return self._sample

    @property
    def observed(self) -> pd.Series[float]:
        """The observations, in their own unit."""
        sample = self._data
        return sample.on_index(self.choice.back(sample.y), sample.name)

    @functools.cached_property
    def innovations(self) -> pd.Series[float]:
        """Exact one-step errors, on the index of `y`, in its unit.

        NaN where `y` is missing, and for the first observations, used up by differencing.
        """
        return self._data.on_index(self._path.innovations, "innovation")

    @functools.cached_property
    def innovations_var(self) -> pd.Series[float]:
        """Variances of the innovations in units of `sigma2`; they fall towards 1."""
        return self._data.on_index(self._path.innovations_var, "innovation_var")

    @functools.cached_property
    def standardized(self) -> pd.Series[float]:
        """Innovations divided by their standard deviations: white, of variance 1."""
        return self._data.on_index(self._standardized, "standardized")

    @property
    def _standardized(self) -> FloatArray:
        path = self._path
        with np.errstate(divide="ignore", invalid="ignore"):
            return path.innovations / np.sqrt(self.sigma2 * path.innovations_var)

    @functools.cached_property
    def residuals(self) -> pd.Series[float]:
        """Observed minus fitted: the innovations, whitening kernel * (y - regression).

        After the start of the sample, where what was before it still matters, this is the plain
        convolution of `whitening` with the series less its regression part.
        """
        return self._data.on_index(self._path.innovations, "residual")

    @functools.cached_property
    def fitted(self) -> pd.Series[float]:
        """Expected value of each row given the rows before, also where `y` is missing.

        With a Box-Cox transformation, the median, in the unit of `y`; residuals and innovations
        are on the scale of the model.
        """
        return self._data.on_index(self.choice.back(self._path.predictions), "fitted")

    def diagnostics(self, *, n_lags: int | None = None) -> pd.DataFrame:
        """Test whether the standardized innovations are white, normal, and of constant variance.

        Parameters
        ----------
        n_lags : int, optional
            Lags of the Ljung-Box test; by default ``min(10, n // 5)``, or two seasons.

        Returns
        -------
        DataFrame
            Rows ``ljung_box``, ``jarque_bera``, ``heteroskedasticity``; columns `statistic`, `df`,
            `p_value` and `null`, what a small p-value speaks against.
        """
        from tsconv.arima.diagnostics import diagnose

        return diagnose(self._standardized, self.spec, n_lags)

    # ------------------------------------------------------------------ the future

    @functools.cached_property
    def _state(self) -> tuple[State, Continuation, Hashable]:
        if self._saved is not None and self._sample is None:
            return self._saved
        return future.state_of(self), self._data.continuation, self._data.name

    def forecast(
        self, steps: int, *, exog: Any = None, level: float | Sequence[float] = (80, 95)
    ) -> pd.DataFrame:
        """Forecast the rows after the last, with prediction intervals.

        Parameters
        ----------
        steps : int
            How many rows.
        exog : array_like, Series or DataFrame, shape (steps, n_exog)
            Regressors of the coming rows, if the model has any.
        level : float or sequence of float, default (80, 95)
            Coverage of the intervals in per cent.

        Returns
        -------
        DataFrame
            On the next labels of the index: `mean`, `std_error`, and `lower_80`, `upper_80`, ...
            for each level. Errors of the estimated parameters are not included; but where the
            orders were chosen (`auto_arima`) the variance is the sum of squares divided by n - k
            and not by n, intervals are Student's, and a Box-Cox transformation is undone.

        Raises
        ------
        ValueError
            If `exog` is needed and not given, or does not fit.
        """
        return future.forecast(self, steps, exog, level)

    def simulate(self, n: int, *, rng: Any = None, exog: Any = None) -> pd.Series[float]:
        """Draw one possible future: the next `n` rows, with random errors.

        Parameters
        ----------
        n : int
            How many rows.
        rng : int, Generator or None
            Seed or generator, passed to ``numpy.random.default_rng``.
        exog : array_like, Series or DataFrame, shape (n, n_exog)
            Regressors of the coming rows, if the model has any.

        Returns
        -------
        Series
            On the next labels of the index. The mean over many draws is the forecast.
        """
        return future.simulate(self, n, rng, exog)

    @property
    def _exog_names(self) -> tuple[str, ...]:
        if self.equation is not None and self.equation.n_exog:
            return self.equation.names[-self.equation.n_exog :]
        return tuple(self.spec.exog)

    def append(self, y: Any, *, exog: Any = None) -> ArimaFit:
        """Add observations and keep the parameters.

        Parameters
        ----------
        y : array_like or Series, shape (n_new,)
            The observations that come next; an index must continue the old one.
        exog : array_like, Series or DataFrame, shape (n_new, n_exog)
            Their regressors, if the model has any.

        Returns
        -------
        ArimaFit
            Same parameters and standard errors; likelihood, errors and forecasts of the longer
            series.
        """
        old = self._data
        more = take_sample(y, exog, names=self._exog_names, allow_missing=True, stacklevel=3)
        more = replace(more, y=self.choice.forward(more.y))
        whole = old.extended(more)
        loglike = loglike_at(whole, self.spec, self.estimates, self.equation)
        if loglike is None:
            raise ValueError(
                "observations can be appended to models with a stationary start only; read the"
                " model in again with statsmodels' own `append`."
            )
        covariance = self.cov_params.to_numpy()
        return replace(
            self,
            _sample=whole,
            loglike=loglike,
            n_obs=int(np.count_nonzero(~np.isnan(whole.y))),
            _covariance=covariance,
            _origin=None,
            _saved=None,
        )

    # ------------------------------------------------------------------ beside others

    def compare(self, *, steps: int = 10) -> pd.DataFrame:
        """Set this fit beside statsmodels': see `tsconv.arima.interop.compare`."""
        from tsconv.arima.interop import compare

        return compare(self, steps=steps)

    def to_statsmodels(self) -> Any:
        """Return statsmodels' results object at these parameters, for its methods and plots."""
        from tsconv.arima.interop import to_statsmodels

        return to_statsmodels(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fit to a JSON file under 10 kB; `load` reads it back."""
        from tsconv.arima.storage import save

        save(self, path)

    def plot(self, *, steps: int | None = None, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the end of the series, the fitted values and the forecast with its intervals."""
        from tsconv.arima.pictures import plot_fit

        return plot_fit(self, steps=steps, ax=ax, **kwargs)

    def plot_diagnostics(self) -> Figure:
        """Draw the standardized innovations, their distribution and correlations: four panels."""
        from tsconv.arima.pictures import plot_fit_diagnostics

        return plot_fit_diagnostics(self)

    def report(
        self, path: str | os.PathLike[str], *, steps: int | None = None, exog: Any = None
    ) -> None:
        """Write one HTML file with all of the above, to open in a browser: see `tsconv.report`."""
        from tsconv.report import report_fit

        report_fit(self, path, steps=steps, exog=exog)

    def __repr__(self) -> str:
        return describe_fit(self)

    def _repr_html_(self) -> str:
        return describe_fit_html(self)


def _coloring(spec: ArimaSpec, params: FloatArray) -> Kernel:
    """Colouring kernel of a model; lags that are not in use get a zero."""
    (ar, sar), (ma, sma) = spec.ar_factors(params), spec.ma_factors(params)
    period = spec.period if spec.period > 1 else None
    season = max(spec.period, 1)

    def dense(lags: tuple[int, ...], coefs: FloatArray, step: int) -> FloatArray:
        filled = np.zeros(max(lags, default=0) // step)
        filled[[lag // step - 1 for lag in lags]] = coefs
        return filled

    return sarima(
        ar=dense(ar.lags, ar.coefs, 1),
        ma=dense(ma.lags, ma.coefs, 1),
        seasonal_ar=dense(sar.lags, sar.coefs, season),
        seasonal_ma=dense(sma.lags, sma.coefs, season),
        period=period,
        d=spec.d,
        seasonal_d=spec.seasonal_d,
    )
