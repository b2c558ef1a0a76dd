"""ArimaSpec: names and order of parameters, polynomials, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.arima.model import ARIMA

from tsconv.arima.spec import ArimaSpec


@pytest.mark.parametrize(
    ("order", "seasonal", "trend"),
    [
        ((2, 0, 1), (0, 0, 0, 0), "c"),
        ((1, 1, 1), (1, 1, 1, 12), "n"),
        (([1, 3], 0, [2]), ([2], 0, 1, 4), "n"),
        ((0, 0, 0), (0, 0, 0, 0), "c"),
    ],
)
def test_names_are_those_of_statsmodels(order, seasonal, trend, rng):
    """Parameters have statsmodels' names in statsmodels' order."""
    model = ARIMA(rng.standard_normal(80), order=order, seasonal_order=seasonal, trend=trend)
    assert list(ArimaSpec(order, seasonal, trend).names) == model.param_names


def test_trend_terms_have_their_own_names():
    """The constant is `const`, the slope `drift`, higher powers are numbered, exog follows."""
    spec = ArimaSpec((1, 0, 0), trend=[1, 1, 1], exog=["price"])
    assert spec.names == ("const", "drift", "trend.2", "price", "ar.L1", "sigma2")


@pytest.mark.parametrize(("d", "D", "trend"), [(0, 0, "c"), (1, 0, "n"), (0, 1, "n")])
def test_default_trend_is_a_mean_without_differencing(d, D, trend):
    """A constant is the default where differencing leaves it, none elsewhere."""
    assert ArimaSpec((1, d, 0), (0, D, 0, 4 if D else 0)).trend == trend


def test_polynomials_are_products_of_their_factors():
    """The full polynomials are (1 - .5 L)(1 - .3 L^4) and (1 + .2 L)(1 + .4 L^4)."""
    spec = ArimaSpec((1, 0, 1), (1, 0, 1, 4), "n")
    params = [0.5, 0.2, 0.3, 0.4, 1.0]
    np.testing.assert_allclose(spec.ar_poly(params), [1, -0.5, 0, 0, -0.3, 0.15])
    np.testing.assert_allclose(spec.ma_poly(params), [1, 0.2, 0, 0, 0.4, 0.08])


def test_factors_stay_sparse():
    """A factor holds the lags in the model and their coefficients, nothing else."""
    spec = ArimaSpec(([1, 12], 0, 0), trend="n")
    regular, seasonal = spec.ar_factors([0.5, 0.2, 1.0])
    assert regular.lags == (1, 12)
    assert seasonal.lags == ()
    np.testing.assert_array_equal(regular.coefs, [0.5, 0.2])


def test_difference_polynomial_is_whole_numbers():
    """(1 - L)^2 (1 - L^4) multiplied out."""
    spec = ArimaSpec((0, 2, 0), (0, 1, 0, 4))
    np.testing.assert_array_equal(spec.difference_poly(), [1, -2, 1, 0, -1, 2, -1])
    assert spec.n_lost == 6


def test_time_runs_from_one():
    """The first row of the trend has time 1, and a start shifts it."""
    spec = ArimaSpec((0, 0, 0), trend="ct")
    np.testing.assert_array_equal(spec.trend_columns(2, start=3), [[1, 4], [1, 5]])


def test_equal_models_are_equal_and_hashable():
    """Two specifications of the same model are equal, with fixed values in any order."""
    one = ArimaSpec((1, 0, 1), fixed={"ar.L1": 0.5, "ma.L1": 0.2})
    two = ArimaSpec((1, 0, 1), trend="c", fixed=[("ma.L1", 0.2), ("ar.L1", 0.5)])
    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"order": (1, 0)}, r"must be \(p, d, q\)"),
        ({"order": (1, -1, 0)}, "at least 0"),
        ({"order": ([1, 1], 0, 0)}, "each lag once"),
        ({"order": ([0], 0, 0)}, "at least 1"),
        ({"seasonal_order": (1, 0, 0, 1)}, "period, must be at least 2"),
        ({"order": (1, 1, 0), "trend": "c"}, "differencing removes"),
        ({"trend": "x"}, '"n", "c", "t"'),
        ({"trend": [0, 2]}, "0 and 1 only"),
        ({"exog": ["a", "a"]}, "repeats a"),
        ({"fixed": {"ar.L1": 0.5}}, "must name parameters"),
        ({"fixed": {"sigma2": -1.0}}, "cannot be"),
    ],
)
def test_what_cannot_be_is_refused(kwargs, message):
    """Impossible specifications raise an error that says what must hold."""
    with pytest.raises(ValueError, match=message):
        ArimaSpec(**kwargs)


def test_orders_must_be_whole():
    """Floats are no orders."""
    with pytest.raises(TypeError, match="whole number"):
        ArimaSpec((1.5, 0, 0))


def test_parameters_of_the_wrong_number_are_refused():
    """A parameter vector has one entry for each name."""
    with pytest.raises(ValueError, match=r"one value for each of const, ar\.L1, sigma2"):
        ArimaSpec((1, 0, 0)).ar_poly([0.5])
