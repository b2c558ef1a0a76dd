"""Autoregressions against loops, full matrices, R and statsmodels; the laws of the recursions.

`tests/results/correlation.R` made the values of R.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import naive_correlation as naive
import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import scipy.signal
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.regression import linear_model
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.arima.model import ARIMA

from tsconv import Kernel, datasets
from tsconv.arima import fit_arima
from tsconv.arima.ar import burg, fit_ar, ols, select_ar_order, yule_walker
from tsconv.correlation import autoregression

R_VALUES = pd.read_csv(Path(__file__).parent / "results" / "correlation.csv")
METHODS = {"yule-walker": yule_walker, "burg": burg, "ols": ols}
NAIVE = {
    "yule-walker": naive.yule_walker,
    "burg": naive.burg,
    "ols": lambda x, order: naive.ols(x, order)[1:],
}
# Coefficients are as good as the equations are conditioned: about 1e3 times eps here.
SOLVED = 1e-10


def from_r(quantity):
    """Values of R by lag."""
    rows = R_VALUES[R_VALUES["quantity"] == quantity]
    assert len(rows)
    return rows.set_index("lag")["value"]


@pytest.fixture
def rng():
    return np.random.default_rng(20240612)


@pytest.fixture
def sunspots():
    return datasets.load_sunspots()


@pytest.fixture
def peaky(rng):
    """Draw a short stretch of an AR(4) process with two pairs of poles near the circle."""
    poles = np.array([0.98 * np.exp(0.7j), 0.97 * np.exp(0.9j)])
    a = np.poly(np.concatenate([poles, poles.conj()])).real
    return scipy.signal.lfilter([1], a, rng.normal(size=3000))[-400:], -a[1:]


series = arrays(
    np.float64,
    st.integers(3, 60),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda v: round(v, 2)),
).filter(lambda x: np.ptp(x) > 0)


# ------------------------------------------------------------------ reference values


@pytest.mark.parametrize("order", [0, 1, 2, 7, 20])
@pytest.mark.parametrize("method", METHODS)
def test_each_method_equals_its_naive_twin(rng, method, order):
    """Loops and full matrices give the same coefficients and noise variance."""
    x = np.cumsum(rng.normal(size=120)) + 50
    coefs, sigma2 = METHODS[method](x, order)
    expected, expected_sigma2 = NAIVE[method](x, order)
    np.testing.assert_allclose(coefs, expected, atol=SOLVED)
    assert sigma2 == pytest.approx(expected_sigma2, rel=SOLVED)


@pytest.mark.parametrize(
    ("method", "theirs"), [("yule-walker", "ar.yw"), ("burg", "ar.burg"), ("ols", "ar.ols")]
)
def test_each_method_equals_r(sunspots, method, theirs):
    """Order 9 for the yearly sunspot numbers."""
    coefs, sigma2 = METHODS[method](sunspots, 9)
    np.testing.assert_allclose(coefs, from_r(f"{theirs} sunspots coefs"), atol=SOLVED)
    assert sigma2 == pytest.approx(from_r(f"{theirs} sunspots sigma2").loc[0], rel=SOLVED)


def test_yule_walker_equals_statsmodels(sunspots):
    """Their method="mle" has the divisor n."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        expected, sigma = linear_model.yule_walker(sunspots, order=12, method="mle")
    coefs, sigma2 = yule_walker(sunspots, 12)
    np.testing.assert_allclose(coefs, expected, atol=SOLVED)
    assert sigma2 == pytest.approx(sigma**2, rel=SOLVED)


def test_burg_equals_statsmodels(sunspots):
    """Coefficients and noise variance."""
    expected, expected_sigma2 = linear_model.burg(sunspots, order=12)
    coefs, sigma2 = burg(sunspots, 12)
    np.testing.assert_allclose(coefs, expected, atol=SOLVED)
    assert sigma2 == pytest.approx(expected_sigma2, rel=SOLVED)


def test_ols_equals_statsmodels(sunspots):
    """AutoReg with a constant: coefficients, noise variance, fitted values, residuals."""
    theirs = AutoReg(sunspots, 9).fit()
    fit = fit_ar(sunspots, 9, method="ols")
    coefs = fit.params.iloc[1:-1]
    np.testing.assert_allclose(coefs, theirs.params.iloc[1:], atol=SOLVED)
    assert fit.sigma2 == pytest.approx(theirs.sigma2, rel=SOLVED)
    assert fit.params["const"] * (1 - coefs.sum()) == pytest.approx(theirs.params.iloc[0], rel=1e-9)
    np.testing.assert_allclose(fit.residuals.iloc[9:], theirs.resid, atol=1e-8)
    np.testing.assert_allclose(fit.fitted.iloc[9:], theirs.fittedvalues, atol=1e-8)


def test_ols_residuals_equal_r(sunspots):
    """Conditional on the first values, with R's constant."""
    expected = from_r("ar.ols sunspots residuals")
    residuals = fit_ar(sunspots, 9, method="ols").residuals.to_numpy()
    np.testing.assert_allclose(residuals[expected.index - 1], expected, atol=1e-8)


def test_burg_of_the_lake_equals_the_book():
    """Brockwell and Davis (2016), example 5.1.4, mean-corrected Lake Huron: the printed digits.

    The levels in feet less 570, 1875 to 1972, are R's LakeHuron (public: Great Lakes records).
    """
    lake = [
        10.38, 11.86, 10.97, 10.80, 9.79, 10.39, 10.42, 10.82, 11.40, 11.32, 11.44, 11.68, 11.17,
        10.53, 10.01, 9.91, 9.14, 9.16, 9.55, 9.67, 8.44, 8.24, 9.10, 9.09, 9.35, 8.82, 9.32, 9.01,
        9.00, 9.80, 9.83, 9.72, 9.89, 10.01, 9.37, 8.69, 8.19, 8.67, 9.55, 8.92, 8.09, 9.37, 10.13,
        10.14, 9.51, 9.24, 8.66, 8.86, 8.05, 7.79, 6.75, 6.75, 7.82, 8.64, 10.58, 9.48, 7.38, 6.90,
        6.94, 6.24, 6.84, 6.85, 6.90, 7.79, 8.18, 7.51, 7.23, 8.42, 9.61, 9.05, 9.26, 9.22, 9.38,
        9.10, 7.95, 8.12, 9.75, 10.85, 10.41, 9.96, 9.61, 8.76, 8.18, 7.21, 7.13, 9.10, 8.25, 7.91,
        6.89, 5.96, 6.80, 7.68, 8.38, 8.52, 9.74, 9.31, 9.89, 9.96,
    ]  # fmt: skip
    coefs, sigma2 = burg(lake, 2)
    assert coefs.round(4).tolist() == [1.0449, -0.2456]
    assert round(sigma2, 4) == 0.4706
    coefs, sigma2 = yule_walker(lake, 2)
    assert coefs.round(4).tolist() == [1.0538, -0.2668]
    assert round(sigma2, 4) == 0.4920


# ------------------------------------------------------------------ laws of the recursions


@given(series, st.integers(0, 6))
def test_burg_and_yule_walker_are_stationary(x, order):
    """All reflection coefficients are at most one in size, and variances never grow."""
    order = min(order, x.size - 1)
    for path in (
        autoregression.burg_path(x, order),
        autoregression.yule_walker_path(x, order),
    ):
        assert (np.abs(path.reflection) <= 1).all()
        assert (np.diff(path.unit_sigma2) <= 0).all()
        assert (path.unit_sigma2 >= 0).all()


@given(series, st.integers(1, 8))
def test_levinson_solves_the_toeplitz_equations(x, order):
    """The recursion and scipy's Toeplitz solver agree as far as the equations are conditioned."""
    order = min(order, x.size - 1)
    gamma = np.array([naive.covariance(x, x, k) for k in range(order + 1)])
    coefs = autoregression.step_up(autoregression.levinson(gamma)[0])
    matrix = scipy.linalg.toeplitz(gamma[:-1])
    tolerance = 1e-13 * np.linalg.cond(matrix)
    np.testing.assert_allclose(coefs, np.linalg.solve(matrix, gamma[1:]), atol=tolerance)


@given(arrays(np.float64, st.integers(0, 8), elements=st.floats(-0.7, 0.7)))
def test_stepping_up_and_down_is_the_identity(reflection):
    """Coefficients to autocovariances (by the kernel) and back to reflection coefficients."""
    coefs = autoregression.step_up(reflection)
    model = Kernel([1.0], denominator=np.concatenate([[1.0], -coefs]))
    gamma = model.autocovariance(max(reflection.size, 1))
    found = autoregression.levinson(gamma)[0][: reflection.size]
    condition = np.prod((1 + np.abs(reflection)) / (1 - np.abs(reflection)))
    np.testing.assert_allclose(found, reflection, atol=1e-13 * condition)


@pytest.mark.parametrize("method", METHODS)
@given(x=series, gain=st.sampled_from([1e-150, -1.0, 2.0, 1e150]))
def test_coefficients_do_not_depend_on_scale(method, x, gain):
    """The unit and its sign leave coefficients as they are, also those of collinear lags."""
    order = min(3, (x.size - 1) // 2)
    coefs = METHODS[method](x, order)[0]
    np.testing.assert_allclose(METHODS[method](gain * x, order)[0], coefs, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_large_mean_costs_no_digits(rng, method):
    """Integers around 2**40 give what the same integers around zero give."""
    x = np.round(np.cumsum(rng.normal(size=500)) * 100)
    coefs, sigma2 = METHODS[method](x + 2.0**40, 5)
    expected, expected_sigma2 = METHODS[method](x, 5)
    np.testing.assert_allclose(coefs, expected, atol=SOLVED)
    assert sigma2 == pytest.approx(expected_sigma2, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_long_series_recovers_its_process(rng, method):
    """Half a million samples: within five standard errors of the truth."""
    truth = np.array([1.2, -0.7, 0.1])
    x = 100 + scipy.signal.lfilter([1], np.r_[1, -truth], rng.normal(size=500_000))
    coefs, sigma2 = METHODS[method](x, 3)
    np.testing.assert_allclose(coefs, truth, atol=5 * 1.2 / np.sqrt(500_000))
    assert sigma2 == pytest.approx(1, abs=5 * np.sqrt(2 / 500_000))


def test_burg_is_less_biased_on_a_peaky_spectrum(peaky):
    """With poles near the circle Burg is near the truth where Yule-Walker is not."""
    x, truth = peaky
    assert np.abs(burg(x, 4)[0] - truth).max() < 0.15
    assert np.abs(yule_walker(x, 4)[0] - truth).max() > 0.5


def test_burg_of_a_perfect_oscillation():
    """Where nothing is left to predict the recursion ends, without division by zero."""
    x = np.tile([1.0, -1.0], 20)
    coefs, sigma2 = burg(x, 5)
    assert coefs.tolist() == [-1.0, 0.0, 0.0, 0.0, 0.0]
    assert sigma2 == 0.0


def test_levinson_refuses_what_is_no_covariance():
    """A correlation above one, or a singular sequence that goes on, is no process."""
    with pytest.raises(ValueError, match="up to lag 1 are not"):
        autoregression.levinson(np.array([1.0, 1.5]))
    with pytest.raises(ValueError, match="up to lag 1 are not"):
        autoregression.levinson(np.array([1.0, 1.0, 0.5]))


def test_burg_in_tiles_equals_its_naive_twin(rng, monkeypatch):
    """The prediction errors are updated tile by tile; no pair at a seam is lost."""
    monkeypatch.setattr(autoregression, "_TILE", 7)
    x = np.cumsum(rng.normal(size=100))
    coefs, sigma2 = burg(x, 12)
    expected, expected_sigma2 = naive.burg(x, 12)
    np.testing.assert_allclose(coefs, expected, atol=SOLVED)
    assert sigma2 == pytest.approx(expected_sigma2, rel=SOLVED)


def test_least_squares_in_blocks_equals_one_block(rng, monkeypatch):
    """The rows are taken a few hundred at a time; the answer does not show it."""
    x = rng.normal(size=2000)
    monkeypatch.setattr(autoregression, "_BLOCK", 10**6)
    whole = ols(x, 6)
    monkeypatch.setattr(autoregression, "_BLOCK", 370)
    coefs, sigma2 = ols(x, 6)
    np.testing.assert_allclose(coefs, whole[0], atol=1e-13)
    assert sigma2 == pytest.approx(whole[1], rel=1e-13)


def test_collinear_lags_have_the_solution_of_least_norm():
    """A noiseless oscillation of 6 lags has many autoregressions; this one is the smallest."""
    x = 5 + np.cos(0.7 * np.arange(60))
    coefs, sigma2 = ols(x, 6)
    z = x - x.mean()
    rows = np.column_stack([z[6 - i : -i] for i in range(1, 7)])
    rows -= rows.mean(axis=0)
    expected = np.linalg.pinv(rows, rcond=1e-10) @ (z[6:] - z[6:].mean())
    np.testing.assert_allclose(coefs, expected, atol=1e-9)
    assert sigma2 < 1e-25


# ------------------------------------------------------------------ order


def test_criteria_equal_r(sunspots):
    """R's aic is given as the excess over the best, without the count of sigma2."""
    expected = from_r("ar.yw sunspots aic")
    path = autoregression.yule_walker_path(sunspots, expected.index.max())
    found = path.criterion("aic")
    np.testing.assert_allclose(found - found.min(), expected, atol=1e-7)
    assert select_ar_order(sunspots, method="yule-walker") == from_r("ar.yw sunspots order").loc[0]


def test_criteria_by_hand():
    """AIC, its small-sample correction and BIC of order p, with p + 2 parameters."""
    x = np.array([1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 5.0, 8.0])
    path = autoregression.burg_path(x, 2)
    variance = x.var() * np.cumprod([1, *(1 - path.reflection**2)])
    n, fit, k = 8, 8 * np.log(variance), np.array([2, 3, 4])
    np.testing.assert_allclose(path.criterion("aic"), fit + 2 * k)
    np.testing.assert_allclose(path.criterion("aicc"), fit + 2 * k * n / (n - k - 1))
    np.testing.assert_allclose(path.criterion("bic"), fit + np.log(8) * k)


def test_corrected_criterion_forbids_more_parameters_than_data():
    """Where the correction has no meaning the criterion is infinite."""
    path = autoregression.burg_path(np.array([1.0, 3.0, 2.0, 5.0, 4.0]), 4)
    assert np.isinf(path.criterion("aicc")).tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("method", ["burg", "yule-walker"])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_the_right_order_is_selected_at_any_scale(rng, method, scale):
    """BIC finds an AR(3); variances that under- or overflow do not matter."""
    x = scipy.signal.lfilter([1], [1, -0.5, 0.2, -0.4], rng.normal(size=4000))
    assert select_ar_order(scale * x, 20, "bic", method=method) == 3


def test_order_of_white_noise_is_zero(rng):
    """Nothing to predict, no coefficients."""
    assert select_ar_order(rng.normal(size=5000), criterion="bic") == 0


# ------------------------------------------------------------------ fit_ar


@pytest.mark.parametrize("method", METHODS)
def test_params_carry_statsmodels_names(sunspots, method):
    """`const`, the lags, `sigma2`, in this order."""
    fit = fit_ar(sunspots, 3, method=method)
    assert fit.params.index.tolist() == ["const", "ar.L1", "ar.L2", "ar.L3", "sigma2"]
    np.testing.assert_array_equal(fit.params.iloc[1:4], METHODS[method](sunspots, 3)[0])


@pytest.mark.parametrize("method", METHODS)
def test_residuals_are_the_whitening_convolution(sunspots, method):
    """Observed less `const`, convolved with the whitening kernel, after the start."""
    fit = fit_ar(sunspots, 4, method=method)
    expected = np.convolve(sunspots - fit.params["const"], fit.whitening.taps)[4 : len(sunspots)]
    np.testing.assert_allclose(fit.residuals.iloc[4:], expected, atol=1e-9)
    np.testing.assert_allclose(fit.fitted + fit.residuals, sunspots, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_loglike_is_the_exact_one(sunspots, method):
    """The likelihood of these parameters by statsmodels' state-space filter."""
    fit = fit_ar(sunspots, 4, method=method)
    model = ARIMA(sunspots, order=(4, 0, 0))
    assert fit.loglike == pytest.approx(model.loglike(fit.params.to_numpy()), rel=1e-9)
    assert fit.loglike < model.fit().llf


@given(
    arrays(np.float64, st.integers(0, 6), elements=st.floats(-0.9, 0.9)),
    st.integers(1, 12),
    st.floats(0.1, 10),
)
def test_log_likelihood_equals_the_dense_gaussian(reflection, n, sigma2):
    """Also for samples shorter than the order: the normal density with the full covariance."""
    z = np.random.default_rng(n).normal(size=n)
    coefs = autoregression.step_up(reflection)
    model = Kernel([1.0], denominator=np.concatenate([[1.0], -coefs]))
    covariance = scipy.linalg.toeplitz(model.autocovariance(max(n - 1, 1), sigma2=sigma2)[:n])
    dense = scipy.stats.multivariate_normal(np.zeros(n), covariance).logpdf(z)
    found = autoregression.log_likelihood(z, reflection, sigma2)
    assert found == pytest.approx(dense, rel=1e-7, abs=1e-7)


def test_step_down_is_the_inverse_of_step_up():
    """To the digit for a simple model; None for one that is not stationary."""
    reflection = np.array([0.5, -0.25, 0.125])
    np.testing.assert_allclose(
        autoregression.step_down(autoregression.step_up(reflection)), reflection, rtol=1e-14
    )
    assert autoregression.step_down(np.array([1.5, -0.2])) is None


@given(arrays(np.float64, st.integers(1, 6), elements=st.floats(-0.9, 0.9)))
def test_coefficient_covariance_is_the_inverse_of_the_autocovariances(reflection):
    """The formula of Gohberg and Semencul against the matrix inverted."""
    coefs = autoregression.step_up(reflection)
    model = Kernel([1.0], denominator=np.concatenate([[1.0], -coefs]))
    matrix = scipy.linalg.toeplitz(model.autocovariance(coefs.size)[: coefs.size])
    found = autoregression.coefficient_covariance(coefs, 1)
    np.testing.assert_allclose(found @ matrix, np.eye(coefs.size), atol=1e-7)


def test_ols_standard_errors_equal_statsmodels(sunspots):
    """Those of the regression coefficients of AutoReg."""
    theirs = AutoReg(sunspots, 9).fit()
    fit = fit_ar(sunspots, 9, method="ols")
    np.testing.assert_allclose(fit.std_errors.iloc[1:-1], theirs.bse.iloc[1:], rtol=1e-8)


def test_standard_errors_are_near_those_of_the_likelihood(sunspots):
    """Burg's large-sample standard errors and those from the curvature, to a quarter."""
    exact = ARIMA(sunspots, order=(2, 0, 0)).fit()
    np.testing.assert_allclose(
        fit_ar(sunspots, 2, method="burg").std_errors.iloc[:-1], exact.bse.iloc[:-1], rtol=0.25
    )


def test_exact_is_the_likelihoods_maximum(sunspots):
    """The default method is `fit_arima` of order (p, 0, 0)."""
    fit, expected = fit_ar(sunspots, 2), fit_arima(sunspots, (2, 0, 0))
    pd.testing.assert_series_equal(fit.params, expected.params)
    assert fit.loglike > fit_ar(sunspots, 2, method="burg").loglike


def test_exact_goes_through_gaps(sunspots):
    """With an order given missing values are no obstacle; without one the message asks for it."""
    gappy = sunspots.copy()
    gappy.iloc[20:25] = np.nan
    assert fit_ar(gappy, 2).n_obs == len(sunspots) - 5
    with pytest.raises(ValueError, match=r"5 missing values, first at position 20.*give an order"):
        fit_ar(gappy)


def test_an_unstable_model_is_a_model():
    """Least squares may find an exploding series; its likelihood is conditional on the start."""
    x = 1.1 ** np.arange(40.0) + np.random.default_rng(5).normal(size=40)
    fit = fit_ar(x, 1, method="ols")
    theirs = AutoReg(x, 1).fit()
    assert not fit.coloring.is_stable
    assert fit.loglike == pytest.approx(theirs.llf, rel=1e-10)
    np.testing.assert_allclose(fit.forecast(5)["mean"], theirs.forecast(5), rtol=1e-9)


def test_a_series_without_errors_is_refused():
    """No likelihood where the past predicts the series exactly."""
    with pytest.raises(ValueError, match=r"positive variance; got 0\. Lower the order"):
        fit_ar(np.tile([1.0, -1.0], 20), 1, method="burg")
    with pytest.raises(ValueError, match=r"positive variance; got inf\. Multiply"):
        fit_ar(np.array([1e200, -2e200, 1e200, 3e200]), 1, method="burg")


def test_whitening_undoes_coloring(sunspots):
    """The two kernels are each other's inverse."""
    fit = fit_ar(sunspots, 9, method="yule-walker")
    assert fit.whitening * fit.coloring == Kernel([1.0])


def test_residuals_keep_index_and_name(sunspots):
    """Residuals stand on the index of the series."""
    fit = fit_ar(sunspots, 2, method="burg")
    pd.testing.assert_index_equal(fit.residuals.index, sunspots.index)
    assert fit.residuals.index.freq == sunspots.index.freq


@pytest.mark.parametrize("method", METHODS)
def test_the_default_order_is_selected(sunspots, method):
    """Without an order the one with the least AIC."""
    path = "yule-walker" if method == "yule-walker" else "burg"
    assert fit_ar(sunspots, method=method).order[0] == select_ar_order(sunspots, method=path)


def test_order_zero_is_white_noise(sunspots):
    """No coefficients: the mean and the variance."""
    fit = fit_ar(sunspots, 0, method="burg")
    assert fit.whitening == Kernel([1.0])
    assert fit.params.to_dict() == pytest.approx(
        {"const": sunspots.mean(), "sigma2": sunspots.var(ddof=0)}
    )


def test_the_source_names_the_method(sunspots):
    """Who reads the model sees how it was estimated."""
    assert "estimated by Burg's method" in repr(fit_ar(sunspots, 1, method="burg"))
    assert fit_ar(sunspots, 1, method="ols").source == "least squares"


def test_the_callers_data_is_untouched(sunspots):
    """Nothing is written to the series, and read-only arrays are accepted."""
    values = sunspots.to_numpy().copy()
    values.setflags(write=False)
    before = sunspots.copy()
    for method in METHODS:
        fit_ar(values, 2, method=method)
        fit_ar(sunspots, 2, method=method)
    pd.testing.assert_series_equal(sunspots, before)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize("function", METHODS.values())
def test_the_order_must_be_below_the_length(function):
    """As many coefficients as observations are refused."""
    with pytest.raises(ValueError, match="`order` must be below the number of observations, 4"):
        function([1.0, 2.0, 4.0, 3.0], 4)


def test_least_squares_needs_rows():
    """2 p + 1 observations at least."""
    with pytest.raises(ValueError, match=r"needs at least 7 observations; got 6.*Burg"):
        ols([1.0, 2.0, 4.0, 3.0, 5.0, 1.0], 3)


@pytest.mark.parametrize("function", METHODS.values())
def test_a_constant_series_is_refused(function):
    """There is nothing to model."""
    with pytest.raises(ValueError, match="`x` must vary; all 6 values are 2"):
        function([2.0] * 6, 1)


def test_missing_values_are_named(sunspots):
    """The message says how many, where first, and what handles them."""
    gappy = sunspots.copy()
    gappy.iloc[[5, 8]] = np.nan
    with pytest.raises(
        ValueError, match=r"`y` has 2 missing values, first at position 5; fill them"
    ):
        fit_ar(gappy, 2, method="burg")


def test_a_unit_root_by_least_squares_is_refused():
    """A straight line is a unit root: the process has no mean."""
    with pytest.raises(ValueError, match=r"must have a mean.*Difference the series"):
        fit_ar(np.arange(20.0), 1, method="ols")


def test_unknown_names_are_refused(sunspots):
    """Methods and criteria are listed."""
    with pytest.raises(
        ValueError, match="`method` must be one of 'exact', 'yule-walker', 'burg', 'ols'"
    ):
        fit_ar(sunspots, 2, method="mle")
    with pytest.raises(ValueError, match="`criterion` must be one of 'aic', 'aicc', 'bic'"):
        select_ar_order(sunspots, criterion="hqic")
    with pytest.raises(ValueError, match="`method` must be one of 'burg', 'yule-walker'"):
        select_ar_order(sunspots, method="ols")
