"""Whitening: exact inverses, whiteness in time and between columns, and convolutional layers."""

from __future__ import annotations

import itertools

import naive_whitening as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsconv import (
    acf,
    ar,
    convolve,
    datasets,
    decorrelate,
    fit_ar,
    standardize,
    whiten,
    whiteness,
)

few = settings(max_examples=40)

METHODS = ["pca", "zca", "cholesky"]
methods = pytest.mark.parametrize("method", METHODS)


@pytest.fixture
def table(rng):
    """Three columns that hang together, on a time index."""
    mixed = rng.normal(size=(200, 3)) @ np.array([[2, 1, 0.5], [0, 1, -1], [0, 0, 0.3]])
    index = pd.date_range("2024-01-01", periods=200, name="day")
    return pd.DataFrame(mixed + np.array([10, -5, 0]), index=index, columns=["a", "b", "c"])


# ------------------------------------------------------------------ standardize


@few
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(2, 30), st.integers(1, 3)),
               elements=st.floats(-1e6, 1e6), unique=True)
)  # fmt: skip
def test_standardizing_has_an_exact_inverse(x):
    """Mean 0, variance 1, and back."""
    x = x + np.arange(x.size).reshape(x.shape)  # no column is constant
    result = standardize(x)
    np.testing.assert_allclose(result.data.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose((result.data**2).mean(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose(result.restore(result.data), x, rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(result.apply(x), result.data)


def test_standardizing_keeps_indexes_and_gaps(table):
    """Series and tables come back as they were; gaps stay gaps on request."""
    x = table["a"].copy()
    x.iloc[3] = np.nan
    with pytest.raises(ValueError, match=r'at position 3. .* give missing="skip"'):
        standardize(x)
    result = standardize(x, missing="skip")
    assert np.isnan(result.data.iloc[3])
    assert result.data.std(ddof=0) == pytest.approx(1)
    pd.testing.assert_series_equal(result.restore(result.data), x)
    pd.testing.assert_frame_equal(standardize(table).restore(standardize(table).data), table)


def test_a_large_mean_costs_no_digits():
    """Samples around 1e9 are as well standardized as around 0."""
    x = np.array([0.0, 1.0, 5.0, 2.0])
    np.testing.assert_allclose(standardize(x + 1e9).data, standardize(x).data, atol=1e-7)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([3.0, 3.0], "`x` must vary; all its values are 3"),
        ([0.1 + 0.2, 0.3], "`x` must vary"),
        (pd.DataFrame({"u": [1.0, 2.0], "v": [7.0, 7.0]}), "column 'v' must vary"),
        ([1.0, np.inf], "infinite. at position 1"),
    ],
)
def test_constants_are_refused(x, message):
    """What does not vary cannot have variance 1."""
    with pytest.raises(ValueError, match=message):
        standardize(x)


# ------------------------------------------------------------------ decorrelate


@methods
def test_columns_become_uncorrelated_and_come_back(table, method):
    """The covariance of the result is the identity; the inverse is exact."""
    result = decorrelate(table, method=method)
    cov = result.data.cov(ddof=0).to_numpy()
    np.testing.assert_allclose(cov, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(result.data.mean(), 0, atol=1e-13)
    pd.testing.assert_frame_equal(result.restore(result.data), table, rtol=1e-12)
    np.testing.assert_allclose(result.matrix @ result.inverse, np.eye(3), atol=1e-13)
    np.testing.assert_allclose(result.apply(table), result.data)
    names = ["pc1", "pc2", "pc3"] if method == "pca" else ["a", "b", "c"]
    assert list(result.data.columns) == names
    assert result.data.index.equals(table.index)


def test_each_method_is_what_it_says(table):
    """Largest variance first; symmetric; triangular. All are rotations of one another."""
    pca, zca, chol = (decorrelate(table, method=m) for m in METHODS)
    variances = np.sum(pca.inverse**2, axis=0)
    assert (np.diff(variances) < 0).all()
    assert np.abs(pca.inverse).max(axis=0) == pytest.approx(pca.inverse.max(axis=0))
    np.testing.assert_allclose(zca.matrix, zca.matrix.T, atol=1e-13)
    assert not np.triu(chol.matrix, 1).any()
    for one, other in itertools.combinations((pca, zca, chol), 2):
        rotation = one.matrix @ other.inverse
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-11)
    centred = table.to_numpy() - pca.mean
    apart = [np.sum((r.data.to_numpy() - centred) ** 2) for r in (pca, zca, chol)]
    assert min(apart) == apart[1]


def test_ledoit_wolf_is_the_papers(rng):
    """The share equals that of the paper's matrices; sklearn gives the same."""
    for n, p in ((5, 12), (40, 6), (3000, 4)):
        x = rng.normal(size=(n, p)) @ rng.normal(size=(p, p))
        result = decorrelate(x, shrinkage="ledoit-wolf")
        assert result.shrinkage == pytest.approx(naive.ledoit_wolf(x), rel=1e-9)
        whitened = result.matrix @ result.covariance @ result.matrix.T
        np.testing.assert_allclose(whitened, np.eye(p), atol=1e-9)
        np.testing.assert_allclose(result.restore(result.data), x, atol=1e-9)
    same = decorrelate(np.repeat([[1.0, 1], [-1, 1], [1, -1], [-1, -1]], 5, axis=0),
                       shrinkage="ledoit-wolf")  # fmt: skip
    np.testing.assert_allclose(same.covariance, np.eye(2), atol=1e-12)


def test_few_rows_need_shrinkage(rng):
    """With fewer rows than columns the covariance is singular; shrinkage mends it."""
    x = rng.normal(size=(6, 10))
    with pytest.raises(ValueError, match=r"must not be singular.*6 rows, 10 columns.*ledoit-wolf"):
        decorrelate(x)
    shrunk = decorrelate(x, shrinkage=0.3)
    assert shrunk.shrinkage == 0.3
    np.testing.assert_allclose(shrunk.restore(shrunk.data), x, atol=1e-12)


@methods
def test_gaps_are_dropped_or_paired(table, method):
    """Estimated from complete rows or pair by pair; rows with a gap are missing in the result."""
    x = table.copy()
    x.iloc[::7, 0] = np.nan
    x.iloc[3::11, 2] = np.nan
    with pytest.raises(ValueError, match=r"at position \(0, 0\). .* give missing=\"drop\""):
        decorrelate(x, method=method)
    gaps = x.isna().any(axis=1)
    dropped = decorrelate(x, method=method, missing="drop")
    expected = decorrelate(x[~gaps], method=method)
    np.testing.assert_allclose(dropped.matrix, expected.matrix)
    assert dropped.data[gaps].isna().all(axis=None)
    pd.testing.assert_frame_equal(dropped.restore(dropped.data)[~gaps], x[~gaps], rtol=1e-12)
    paired = decorrelate(x, method=method, missing="pairwise")
    np.testing.assert_allclose(
        paired.covariance, naive.pairwise_covariance(x.to_numpy()), rtol=1e-10
    )


def test_scales_do_not_look_like_dependence(table):
    """Units of 1e-9 and 1e9 are no singularity, but the spectral methods ask to standardize."""
    x = table * [1e-9, 1.0, 1e9]
    result = decorrelate(x, method="cholesky")
    np.testing.assert_allclose(result.data.cov(ddof=0), np.eye(3), atol=1e-9)
    with pytest.raises(ValueError, match=r"differ too much in scale.*`standardize` them"):
        decorrelate(x)
    assert decorrelate(standardize(x).data).matrix.shape == (3, 3)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (pd.DataFrame({"a": [1.0, 2, 4], "b": [2.0, 4, 8]}), {}, "columns 'a', 'b' are linearly"),
        (pd.DataFrame({"a": [1.0, 2, 4], "b": [5.0, 5, 5]}), {}, "column 'b' must vary"),
        ([[1.0, 2.0]], {}, "at least two complete rows"),
        ([1.0, 2.0], {}, "must be a table"),
        ([[1.0, 2], [3, 5], [4, 4]], {"method": "ica"}, "`method` must be one of"),
        ([[1.0, 2], [3, 5], [4, 4]], {"shrinkage": 1.5}, "between 0 and 1"),
        (
            [[1.0, np.nan], [np.nan, 5], [4, np.nan], [np.nan, 6]],
            {"missing": "pairwise"},
            "no row in common",
        ),
        (
            [[1.0, 2], [3, 5], [4, 4]],
            {"missing": "pairwise", "shrinkage": "ledoit-wolf"},
            "needs complete rows",
        ),
    ],
)
def test_bad_tables_are_refused(x, options, message):
    """Dependent and constant columns are named."""
    with pytest.raises(ValueError, match=message):
        decorrelate(x, **options)


def test_other_data_must_fit(table):
    """As many columns as before."""
    with pytest.raises(ValueError, match="3 columns, as before; got 2"):
        decorrelate(table).apply(table[["a", "b"]])
    with pytest.raises(ValueError, match="3 columns, as before; got 1"):
        standardize(table).apply(table["a"])


# ------------------------------------------------------------------ whiten


@pytest.fixture
def memory(rng):
    """Return a long autoregression of order 2 about 5."""
    return pd.Series(5 + convolve(rng.normal(size=4000), ar([1.2, -0.6]), boundary="zero"))


@few
@given(
    hnp.arrays(np.float64, st.integers(8, 60), elements=st.floats(-1e3, 1e3), unique=True),
    st.integers(0, 6),
    st.sampled_from(["burg", "yule-walker"]),
)
def test_whitening_has_an_exact_inverse(x, order, method):
    """From the first sample to the last, whatever the order."""
    result = whiten(x, order=order, method=method)
    scale = np.abs(x).max()
    # The recursion back amplifies rounding by at most its own impulse response.
    growth = 1 + np.abs(result.kernel.inverse().impulse_response(x.size) / result.sigma).sum()
    bound = 1e-13 * scale * growth * 10
    np.testing.assert_allclose(result.restore(result.data), x, atol=bound)
    np.testing.assert_allclose(result.apply(x), result.data)


def test_what_is_left_is_white(memory):
    """The memory is gone, by the test and by the autocorrelations; the variance is one."""
    assert whiteness(memory)["p_value"].iloc[0] < 1e-10
    result = whiten(memory)
    assert result.order >= 2
    assert result.coefs[:2] == pytest.approx([1.2, -0.6], abs=0.05)
    assert whiteness(result.data, n_fitted=result.order)["p_value"].iloc[0] > 0.01
    assert result.data.var() == pytest.approx(1, abs=0.01)
    outside = (acf(result.data, n_lags=20)["r"].iloc[1:].abs() > 1.96 / np.sqrt(4000)).sum()
    assert outside <= 3
    assert result.data.index.equals(memory.index)


def test_errors_are_those_of_the_dense_covariance():
    """The result solves the Cholesky factor of the model's covariance, from the first sample on."""
    x = datasets.load_sunspots().iloc[:40]
    result = whiten(x, order=3)
    gamma = ar(result.coefs).autocovariance(39, sigma2=result.sigma**2)
    expected = naive.innovations(x.to_numpy(), result.mean, gamma)
    np.testing.assert_allclose(result.data, expected, atol=1e-9)


def test_the_kernel_is_what_was_applied(memory):
    """After the first samples the result is a convolution with the kernel."""
    result = whiten(memory, order=4)
    convolved = convolve(memory - result.mean, result.kernel)
    np.testing.assert_allclose(result.data.iloc[4:], convolved.iloc[4:], atol=1e-12)
    assert convolved.isna().sum() == 4
    assert (result.kernel.inverse() * result.kernel).taps == pytest.approx([1.0])


def test_orders_by_criterion_and_by_hand():
    """Less is chosen by BIC than by AIC; numbers are taken as they are; 0 only standardizes."""
    x = datasets.load_sunspots()
    assert whiten(x, order="bic").order <= whiten(x, order="aic").order
    assert whiten(x, order="aic").coefs == pytest.approx(
        fit_ar(x, whiten(x).order, method="burg").params.filter(like="ar.").to_numpy()
    )
    zero = whiten(x, order=0)
    np.testing.assert_allclose(zero.data, standardize(x).data, rtol=1e-10)
    np.testing.assert_allclose(zero.restore(zero.data), x)


def test_short_series_and_others_can_be_whitened_alike(memory):
    """`apply` and `restore` work on any other series, also one shorter than the order."""
    result = whiten(memory, order=6)
    for n in (1, 4, 6, 7, 50):
        part = memory.iloc[:n]
        np.testing.assert_allclose(result.apply(part), result.data.iloc[:n])
        np.testing.assert_allclose(result.restore(result.apply(part)), part, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        ([1.0, 1.0, 1.0, 1.0], {}, "must vary"),
        ([1.0, np.nan, 2.0, 0.0], {}, "at position 1"),
        ([1.0, 2.0, 0.0], {"order": 3}, "below the number of observations"),
        ([1.0, 2.0, 0.0], {"order": "hqic"}, "`order` must be one of"),
        ([1.0, 2.0, 0.0], {"method": "ols"}, "`method` must be one of"),
        ([1.0, -1.0] * 20, {"order": 1}, "predicts it without error"),
    ],
)
def test_bad_series_are_refused(x, options, message):
    """Constants, gaps, too few samples, and what has no noise."""
    with pytest.raises(ValueError, match=message):
        whiten(x, **options)


def test_gaps_are_bridged_on_request(memory):
    """A straight line takes the place of what is missing."""
    x = memory.copy()
    x.iloc[100] = np.nan
    assert whiten(x, order=2, missing="interpolate").data.notna().all()


# ------------------------------------------------------------------ tests of whiteness


def test_ljung_box_is_statsmodels(rng):
    """The statistic and its p-value equal statsmodels'."""
    from statsmodels.stats.diagnostic import acorr_ljungbox

    x = rng.normal(size=300).cumsum()[::5]
    row = whiteness(x, n_lags=7, n_fitted=2).iloc[0]
    theirs = acorr_ljungbox(x, lags=[7], model_df=2).iloc[0]
    assert row["statistic"] == pytest.approx(theirs["lb_stat"], rel=1e-10)
    assert row["p_value"] == pytest.approx(theirs["lb_pvalue"], rel=1e-8)


def test_p_values_of_white_data_are_uniform():
    """Of 400 white tables about one in twenty fails at 5 %, in time and between columns."""
    rng = np.random.default_rng(8)
    tables = [whiteness(rng.normal(size=(120, 3))) for _ in range(400)]
    p = np.array([t["p_value"].to_numpy() for t in tables])
    assert list(tables[0].index) == [0, 1, 2, "between columns"]
    shares = (p < 0.05).mean(axis=0)
    assert shares == pytest.approx(np.full(4, 0.05), abs=0.03)


def test_correlated_columns_are_seen(table):
    """Columns that hang together fail between columns only; decorrelated they pass."""
    p = whiteness(table)["p_value"]
    assert p["between columns"] < 1e-10
    assert (p.drop("between columns") > 0.001).all()
    assert whiteness(decorrelate(table).data)["p_value"]["between columns"] > 0.999


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.arange(5.0), {"n_lags": 4}, "needs more than 5 complete rows; got 5"),
        (np.arange(50.0), {"n_lags": 2, "n_fitted": 2}, "`n_lags` must be at least 3"),
        (np.ones(50), {}, "must vary"),
    ],
)
def test_bad_tests_are_refused(x, options, message):
    """Too few rows, too few lags, constants."""
    with pytest.raises(ValueError, match=message):
        whiteness(x, **options)


# ------------------------------------------------------------------ convolutional layers


def conv1d(z, weight, bias):
    """Convolve as deep learning does: ``out[o, t] = bias[o] + sum weight[o, i, j] z[i, t + j]``."""
    n = z.shape[1] - weight.shape[2] + 1
    out = np.empty((weight.shape[0], n))
    for t in range(n):
        out[:, t] = bias + np.tensordot(weight, z[:, t : t + weight.shape[2]], axes=2)
    return out


def test_a_layer_with_a_bias_is_an_autoregression_with_a_constant(memory):
    """One channel of whitened data: the layer's outputs are the model's one-step predictions."""
    z = whiten(memory, order=1).data.iloc[:500]  # order 1 leaves some memory to predict
    fit = fit_ar(z, 3, method="ols")
    phi = fit.params.filter(like="ar.").to_numpy()
    constant = fit.params["const"] * (1 - phi.sum())
    weight, bias = phi[::-1].reshape(1, 1, 3), np.array([constant])
    layer = conv1d(z.to_numpy()[None, :], weight, bias)[0, :-1]
    predictions = fit.fitted.to_numpy()[3:]
    np.testing.assert_allclose(layer, predictions, atol=1e-12)
    # And least squares on the layer's weights and bias finds the same numbers.
    lags = np.column_stack([np.ones(497), *(z.to_numpy()[2 - k : 499 - k] for k in range(3))])
    solved, *_ = np.linalg.lstsq(lags, z.to_numpy()[3:])
    np.testing.assert_allclose(solved, [constant, *phi], atol=1e-10)


def test_a_layer_of_many_channels_is_a_vector_autoregression(table):
    """Decorrelated columns: statsmodels' vector autoregression with a constant, equal numbers."""
    from statsmodels.tsa.api import VAR

    z = decorrelate(table).data
    fit = VAR(z.to_numpy()).fit(2, trend="c")
    weight = np.stack([fit.coefs[1], fit.coefs[0]], axis=2)  # out, in, oldest lag first
    layer = conv1d(z.to_numpy().T, weight, fit.intercept)[:, :-1]
    np.testing.assert_allclose(layer.T, fit.fittedvalues, atol=1e-12)


def test_torchs_layer_is_an_autoregression_too(memory, table):
    """Torch's conv1d with the models' coefficients gives their one-step predictions."""
    torch = pytest.importorskip("torch")
    from statsmodels.tsa.api import VAR

    z = whiten(memory, order=1).data.iloc[:500]
    fit = fit_ar(z, 3, method="ols")
    phi = fit.params.filter(like="ar.").to_numpy()
    rows = decorrelate(table).data.to_numpy()
    several = VAR(rows).fit(2, trend="c")
    for data, weight, bias, predictions in [
        (
            z.to_numpy()[:, None],
            phi[::-1].reshape(1, 1, 3),
            np.array([fit.params["const"] * (1 - phi.sum())]),
            fit.fitted.to_numpy()[3:, None],
        ),
        (
            rows,
            np.stack([several.coefs[1], several.coefs[0]], axis=2),
            several.intercept,
            several.fittedvalues,
        ),
    ]:
        arrays = (np.ascontiguousarray(part) for part in (data.T, weight, bias))
        layer = torch.nn.functional.conv1d(*(torch.from_numpy(part) for part in arrays))
        np.testing.assert_allclose(layer.numpy()[:, :-1].T, predictions, atol=1e-12)
