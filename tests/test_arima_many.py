"""The compiled loop over many series says what `fit_arima` says of each of them."""

from __future__ import annotations

import numpy as np
import pytest

from tsconv.arima import fit_arima
from tsconv.arima.estimate import fit_arrays
from tsconv.arima.many import N_NUMBERS, Recipe, recipe
from tsconv.arima.spec import ArimaSpec

MODELS = [
    ((0, 0, 0), (0, 0, 0, 0), None),
    ((1, 0, 0), (0, 0, 0, 0), None),
    ((0, 1, 1), (0, 0, 0, 0), None),
    ((0, 1, 1), (0, 0, 0, 0), "t"),
    ((0, 2, 2), (0, 0, 0, 0), None),
    ((1, 0, 1), (0, 0, 0, 0), "n"),
    (([2], 1, [1, 3]), (0, 0, 0, 0), None),
    ((0, 0, 0), (0, 1, 0, 4), None),
    ((0, 0, 1), (0, 1, 1, 4), "t"),
    ((2, 0, 0), (1, 0, 0, 12), None),
    ((0, 1, 1), (0, 1, 1, 12), None),
]


def many_series(n: int, spec: ArimaSpec, count: int = 3) -> np.ndarray:
    """Draw walks where the model differences, and noise with some memory where it does not."""
    rng = np.random.default_rng(n)
    noise = rng.standard_normal((count, n))
    noise[:, 1:] += 0.5 * noise[:, :-1]
    return 50.0 + 3.0 * (np.cumsum(noise, axis=1) if spec.n_lost else noise)


@pytest.mark.parametrize(("order", "seasonal", "trend"), MODELS)
@pytest.mark.parametrize("n", [28, 90])
def test_many_fits_equal_single_ones(order, seasonal, trend, n):
    """Log-likelihoods, parameters and forecasts are those of `fit_arima`, missing ends aside."""
    spec = ArimaSpec(order, seasonal, trend)
    series = many_series(n, spec)
    before, after = 3, 2
    padded = np.full((len(series), n + before + after), np.nan)
    padded[:, before : before + n] = series
    first = np.arange(len(series)) * padded.shape[1] + before
    rows = np.column_stack(
        [first, first + n, np.full(len(series), before), np.full(len(series), after)]
    )
    states, left = recipe(spec).fit(padded.ravel(), rows)
    mean, variance = recipe(spec).forecast(states, 9)
    # Mixed models that the data leave open are searched further than the loop does.
    assert left.mean() < (1.0 if spec.ar_degree and spec.ma_degree else 0.5)
    for k in np.flatnonzero(~left):
        fit = fit_arima(padded[k], order, seasonal_order=seasonal, trend=trend)
        assert states[k, 0] == fit.n_used
        np.testing.assert_allclose(states[k, 1], fit.loglike, rtol=1e-9)
        # Both ends promise less than 1e-8 in log-likelihood: parameters agree to its square root.
        params = states[k, N_NUMBERS : N_NUMBERS + spec.n_params]
        np.testing.assert_allclose(params, fit.estimates, rtol=1e-4, atol=1e-4)
        forecast = fit.forecast(9)
        scale = np.sqrt(fit.sigma2)
        np.testing.assert_allclose(mean[k], forecast["mean"], rtol=1e-9, atol=1e-4 * scale)
        np.testing.assert_allclose(np.sqrt(variance[k]), forecast["std_error"], rtol=1e-4)


def test_forecasts_at_the_same_coefficients_agree_to_rounding():
    """With an MA root next to the circle, what the past leaves open is in the variance to 1e-10."""
    spec = ArimaSpec((1, 0, 1), (0, 1, 1, 4))
    y = many_series(40, spec, 1)[0]
    fit = fit_arima(
        y,
        (1, 0, 1),
        seasonal_order=(0, 1, 1, 4),
        fixed={"ar.L1": 0.5, "ma.L1": -0.999, "ma.S.L4": -0.9},
    )
    state = recipe(spec).place(y, 0, 0, np.array([0.5, -0.999, -0.9]))
    mean, variance = recipe(spec).forecast(state[None], 12)
    forecast = fit.forecast(12)
    np.testing.assert_allclose(mean[0], forecast["mean"], rtol=1e-10)
    np.testing.assert_allclose(variance[0], forecast["std_error"] ** 2, rtol=1e-10)
    own = fit.sigma2 * np.cumsum(fit.psi_weights(12) ** 2)
    assert (variance[0] > own * (1 + 1e-3)).all()


def test_what_is_not_plain_is_left():
    """Constant and short series are marked, and so are ends that are not at a maximum."""
    spec = ArimaSpec((0, 0, 1))
    short = np.array([1.0, 2.0])
    values = np.concatenate([np.ones(50), short, many_series(50, spec, 1)[0]])
    rows = np.array([[0, 50, 0, 0], [50, 52, 0, 0], [52, 102, 0, 0]])
    assert recipe(spec).fit(values, rows)[1].tolist() == [True, True, False]
    values[-1] = 1e200
    assert recipe(spec).fit(values, rows)[1].tolist() == [True, True, True]


def test_which_models_the_loop_takes():
    """Regressors, several trend columns and fixed parameters are for `fit_arrays`."""
    assert Recipe.suits(ArimaSpec((1, 1, 1), (0, 1, 1, 12)))
    assert Recipe.suits(ArimaSpec((0, 1, 1), trend="t"))
    assert not Recipe.suits(ArimaSpec((1, 0, 0), trend="ct"))
    assert not Recipe.suits(ArimaSpec((1, 0, 0), trend="t"))
    assert not Recipe.suits(ArimaSpec((1, 0, 0), exog=["x"]))
    assert not Recipe.suits(ArimaSpec((1, 0, 0), fixed={"ar.L1": 0.5}))


def test_threads_do_not_change_a_bit():
    """Fits on two threads at once are those of one, to the last bit."""
    from concurrent.futures import ThreadPoolExecutor

    spec = ArimaSpec((0, 1, 1), (0, 1, 1, 4))
    series = many_series(60, spec, 40)
    rows = np.array([[60 * k, 60 * (k + 1), 0, 0] for k in range(40)])
    alone = recipe(spec).fit(series.ravel(), rows)[0]
    with ThreadPoolExecutor(2) as pool:
        halves = list(
            pool.map(lambda r: recipe(spec).fit(series.ravel(), r)[0], [rows[:20], rows[20:]])
        )
    assert np.concatenate(halves).tobytes() == alone.tobytes()


def test_a_fit_agrees_with_fit_arrays_on_series_with_a_constant():
    """The mean of a short white series is its average, whatever its level."""
    y = 1e6 + many_series(12, ArimaSpec((0, 0, 0)), 1)[0]
    spec = ArimaSpec((0, 0, 0))
    states, left = recipe(spec).fit(y, np.array([[0, 12, 0, 0]]))
    assert not left[0]
    np.testing.assert_allclose(
        states[0, N_NUMBERS : N_NUMBERS + 2], fit_arrays(y, spec).params, rtol=1e-9
    )
    np.testing.assert_allclose(states[0, N_NUMBERS], y.mean(), rtol=1e-14)
