"""What is fitted to a series: fixed orders, orders found from the data, or a baseline by name.

`Model` is the choice a caller makes once for a panel; `fit_series` carries it out for one series
and returns a `Row`, a record of a few hundred bytes that is all a fit leaves behind.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tsconv._checks import FloatArray, check_choice
from tsconv.arima.estimate import ArrayFit, fit_arrays
from tsconv.arima.many import N_NUMBERS, Recipe, recipe
from tsconv.arima.spec import ArimaSpec

BASELINES = {
    "mean": ((0, 0, 0), None),
    "naive": ((0, 1, 0), None),
    "drift": ((0, 1, 0), "t"),
    "seasonal_naive": ((0, 0, 0), None),
    "ses": ((0, 1, 1), None),
    "holt": ((0, 2, 2), None),
    "holt_winters": (None, None),
}
"""Names of models that need no orders, as `fit_model` knows them: order and trend."""

TRANSFORMED, FLAGS = 6, 7
"""Places in a state: the power of a Box-Cox transformation or NaN; and a sum of flags."""

FILTERED, NAMED, BIAS_ADJUSTED, THREE_WEIGHTS = 1, 2, 4, 8
"""What is not known of the past must be found by a filter through the rows whose marks follow the
state; the model was chosen or has a name, so that intervals are Student's with the variance
S / (n - k); forecasts are means; all coefficients follow from three weights."""


# Options of a search, as `auto_arima` and `select_arrays` call them.
_OPTIONS = {
    "d": "d",
    "seasonal_d": "D",
    "max_order": "max_order",
    "max_seasonal_order": "max_seasonal_order",
    "constant": "constant",
    "search": "search",
    "criterion": "criterion",
    "lambda_": "lambda_",
    "bias_adjust": "",
}


@dataclass(frozen=True)
class Model:
    """What to fit to each series of a panel.

    Attributes
    ----------
    order : "auto", a name of `BASELINES`, or (p, d, q)
    seasonal_order : (P, D, Q) or (P, D, Q, s)
        Without s, the season of each series.
    trend : as in `fit_arima`
    options : mapping
        Further options of the search for orders.
    """

    order: Any = "auto"
    seasonal_order: Any = (0, 0, 0)
    trend: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.order, str):
            check_choice(self.order, "order", ("auto", *BASELINES))
        unknown = [name for name in self.options if name not in _OPTIONS]
        if unknown:
            raise TypeError(
                f"there is no option {unknown[0]!r}; a search for orders takes"
                f" {', '.join(_OPTIONS)}."
            )
        if self.options and self.order != "auto":
            raise TypeError(
                f"options of the search go with order='auto'; got {', '.join(self.options)} with"
                f" order={self.order!r}."
            )
        # What is wrong with the orders is wrong for every series: say it once, and at once.
        if self.options:
            from tsconv.arima.selection.choose import check_options

            check_options(**{k: v for k, v in self.options.items() if k != "bias_adjust"})
        self.spec(2, ())

    @property
    def flags(self) -> int:
        """Flags of the states of plain series."""
        return NAMED if isinstance(self.order, str) else 0

    @property
    def name(self) -> str:
        """Name for tables."""
        if isinstance(self.order, str):
            return self.order
        from tsconv.arima.report import describe

        return describe(self.spec(1, ()) or ArimaSpec())

    @property
    def seasonal(self) -> bool:
        """Whether the season of a series matters, and is not part of the orders."""
        if isinstance(self.order, str):
            return self.order in ("auto", "seasonal_naive", "holt_winters")
        return len(self.seasonal_order) == 3 and any(map(_in_use, self.seasonal_order))

    def spec(self, period: int, exog: tuple[str, ...]) -> ArimaSpec | None:
        """Specification for a series with this season; None if the data have a say in it."""
        if self.order == "auto":
            return None
        order, seasonal = self.order, self.seasonal_order
        trend = self.trend
        if isinstance(order, str):
            if period < 2:
                order = {"seasonal_naive": "naive", "holt_winters": "holt"}.get(order, order)
            if order == "holt_winters":
                return None
            seasonal = (0, int(order == "seasonal_naive"), 0)
            order, trend = BASELINES[order]
        if len(seasonal) == 3:
            plain = period < 2 or not any(map(_in_use, seasonal))
            seasonal = (0, 0, 0, 0) if plain else (*seasonal, period)
        if isinstance(self.order, str):
            exog = ()
        return _spec(_hashable(order), _hashable(seasonal), _hashable(trend), exog)


def n_coefs(spec: ArimaSpec, flags: int) -> int:
    """Count the coefficients that were estimated, `sigma2` aside."""
    if flags & THREE_WEIGHTS:
        return 3
    return spec.n_params - 1 - len(tuple(spec.fixed or ()))


class Row(NamedTuple):
    """What a fit leaves behind.

    Attributes
    ----------
    position : int
        Which series.
    spec : ArimaSpec or None
        The model; None if there is none.
    state : bytes
        Its numbers (see `tsconv.arima.many`), and marks of missing rows where they matter.
    converged : bool
    n_missing : int
        Missing values between the first and the last observation.
    note : str or None
        What to know about the fit.
    reason : str or None
        Why there is none.
    residuals : bytes or None
    """

    position: int
    spec: ArimaSpec | None
    state: bytes
    converged: bool
    n_missing: int = 0
    note: str | None = None
    reason: str | None = None
    residuals: bytes | None = None


def fit_series(
    position: int,
    y: FloatArray,
    exog: FloatArray,
    names: tuple[str, ...],
    period: int,
    model: Model,
    *,
    residuals: bool = False,
) -> Row:
    """Fit a model to one series; whatever goes wrong becomes a reason."""
    try:
        return _fit_series(position, y, exog, names, period, model, residuals)
    except Exception as error:  # one series must not stop the others
        reason = str(error) or type(error).__name__
        if not isinstance(error, (ValueError, TypeError, ArithmeticError)):
            reason = f"{type(error).__name__}: {reason}"
        return Row(position, None, b"", False, reason=reason)


def _fit_series(
    position: int,
    y: FloatArray,
    exog: FloatArray,
    names: tuple[str, ...],
    period: int,
    model: Model,
    residuals: bool,
) -> Row:
    spec, power, flags = model.spec(period, names), math.nan, 0
    if np.isnan(y).all():
        raise ValueError(f"the series must have observed values; all {y.size} are missing.")
    if isinstance(model.order, str):
        flags = NAMED
    if model.order == "holt_winters" and spec is None:
        from tsconv.arima.selection.smoothing import fit_holt_winters

        fitted, _ = fit_holt_winters(y, period)
        spec, names, flags = fitted.spec, (), NAMED + THREE_WEIGHTS
    elif spec is None:
        from tsconv.arima.selection import select_arrays

        chosen = select_arrays(
            y,
            period,
            exog=exog if names else None,
            exog_names=names,
            **{_OPTIONS[name]: value for name, value in model.options.items() if _OPTIONS[name]},
        )
        fitted, spec = chosen.fit, chosen.spec
        flags += BIAS_ADJUSTED * bool(model.options.get("bias_adjust"))
        if chosen.lambda_ is not None:
            from tsconv.arima.selection.box_cox import transform

            power, y = chosen.lambda_, transform(y, chosen.lambda_)
    else:
        names = tuple(spec.exog)
        fitted = fit_arrays(y, spec, exog=exog if names else None)
    seen = np.flatnonzero(~np.isnan(y))
    first, stop = int(seen[0]), int(seen[-1]) + 1
    n_missing = stop - first - seen.size
    note = None
    if not fitted.converged:
        note = (
            "the search may have ended before the maximum: one more step promises"
            f" {fitted.certificate.expected_gain:.2g} in log-likelihood."
        )
    if not n_missing and not residuals and fitted.converged and Recipe.suits(spec):
        arma = spec.arma(fitted.params)
        state = recipe(spec).place(y[first:stop], first, y.size - stop, arma)
        if state is not None:
            state[TRANSFORMED], state[FLAGS] = power, flags
            return Row(position, spec, state.tobytes(), True, note=note)
    return _slowly(
        position, fitted, y, exog, names, first, n_missing, power, flags, note, residuals
    )


def _slowly(
    position: int,
    fitted: ArrayFit,
    y: FloatArray,
    exog: FloatArray,
    names: tuple[str, ...],
    first: int,
    n_missing: int,
    power: float,
    flags: int,
    note: str | None,
    residuals: bool,
) -> Row:
    """Find the state of a fit by a filter through all rows."""
    from tsconv.arima.fit import _result
    from tsconv.arima.sample import Sample

    spec = fitted.spec
    fit = _result(fitted, Sample(y, exog if names else np.empty((y.size, 0)), names), "oim")
    past = fit._state[0]
    n = y.size - past.n_ahead - first
    if fit.sigma2 == 0 and fitted.converged:
        seen = y[~np.isnan(y)]
        if not spec.n_lost and not spec.n_regressors - len(spec.trend_powers) and np.ptp(seen) > 0:
            note = "values differ by little more than rounding and are taken as constant."
    state = np.zeros(N_NUMBERS + spec.n_params + past.noise.size + past.errors.size)
    short = n - spec.n_lost < max(spec.ar_degree, spec.ma_degree)
    filtered = past.uncertainty.size > 0 and (n_missing > 0 or short)
    flags += FILTERED * filtered
    gain = fitted.certificate.expected_gain
    state[:N_NUMBERS] = fit.n_used, fit.loglike, gain, first, n, past.n_ahead, power, flags
    state[N_NUMBERS:] = np.concatenate([fit.estimates, past.noise, past.errors])
    marks = np.packbits(np.isnan(y[first : first + n])).tobytes() if filtered else b""
    errors = fit.residuals.to_numpy().tobytes() if residuals else None
    return Row(
        position, spec, state.tobytes() + marks, fit.converged, n_missing, note, None, errors
    )


# ---------------------------------------------------------------------- specifications as text


@functools.lru_cache(maxsize=4096)
def spec_to_text(spec: ArimaSpec) -> str:
    """Write a specification as JSON; equal ones share one text."""
    from tsconv.arima.storage import _spec_to

    return json.dumps(_spec_to(spec), separators=(",", ":"))


@functools.lru_cache(maxsize=4096)
def spec_from_text(text: str) -> ArimaSpec:
    """Read a specification back."""
    from tsconv.arima.storage import _spec_from

    return _spec_from(json.loads(text))


@functools.lru_cache(maxsize=4096)
def _spec(order: Any, seasonal: Any, trend: Any, exog: tuple[str, ...]) -> ArimaSpec:
    return ArimaSpec(order, seasonal, trend, exog)


def _in_use(order: Any) -> bool:
    return bool(len(order) if isinstance(order, (list, tuple, np.ndarray)) else order)


def _hashable(value: Any) -> Any:
    if isinstance(value, (list, tuple, np.ndarray)):
        return tuple(_hashable(entry) for entry in value)
    return value
