"""Correlations against explicit loops, R, statsmodels and scipy, and the laws they obey.

Order: reference values; laws; prewhitening; gaps; edges of scale and length; contracts; errors.
`tests/results/correlation.R` made the values of R.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import naive_correlation as naive
import numpy as np
import pandas as pd
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.tsa import stattools

from tsconv import datasets
from tsconv.arima.ar import fit_ar
from tsconv.correlation import acf, autocovariance, cross_correlation, lagged, pacf

R_VALUES = pd.read_csv(Path(__file__).parent / "results" / "correlation.csv")
# Sums of up to a few hundred products of size one, each rounded once or twice.
ROUNDING = 1e-13
Z95 = 1.959963984540054


def from_r(quantity):
    """Values of R by lag."""
    rows = R_VALUES[R_VALUES["quantity"] == quantity]
    assert len(rows)
    return rows.set_index("lag")["value"]


def naive_table(x, y, lags):
    return [naive.correlation(x, y, k) for k in lags]


@pytest.fixture
def rng():
    return np.random.default_rng(20240611)


@pytest.fixture
def nile():
    return datasets.load_nile()


@pytest.fixture
def sunspots():
    return datasets.load_sunspots()


@pytest.fixture
def macro():
    """Growth of GDP and change of unemployment, quarterly."""
    table = datasets.load_macrodata()
    return pd.DataFrame(
        {"growth": np.log(table["realgdp"]).diff(), "unemployment": table["unemp"].diff()}
    ).iloc[1:]


@pytest.fixture
def gappy_nile(nile):
    gappy = nile.copy()
    gappy.iloc[[2, 16, 17, 18, 59, 99]] = np.nan
    return gappy


finite_series = arrays(
    np.float64,
    st.integers(2, 40),
    elements=st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda v: round(v, 3)),
).filter(lambda x: np.ptp(x) > 0)


# ------------------------------------------------------------------ reference values


@pytest.mark.parametrize(("n", "lags"), [(2, 1), (7, 6), (50, 12), (401, 400), (3000, 300)])
def test_cross_correlation_equals_explicit_loops(rng, n, lags):
    """Direct and FFT engines give the sums written out, for few, many and all lags."""
    x, y = rng.normal(size=n), rng.normal(size=n) + 3
    table = cross_correlation(x, y, n_lags=lags)
    some = np.unique(np.linspace(-lags, lags, 41).astype(int))
    np.testing.assert_allclose(table["r"].loc[some], naive_table(x, y, some), atol=ROUNDING)


@pytest.mark.parametrize(
    ("n", "first", "last"),
    [(30_000, -40, 60), (30_000, 3, 2500), (30_000, -2500, -7), (16_500, -16_499, 16_499)],
)
def test_both_engines_sum_the_same(rng, n, first, last):
    """Blocks, tiles and the one long transform agree with scipy's direct correlation."""
    x, y = rng.normal(size=n), rng.normal(size=n)
    full = scipy.signal.correlate(x, y, method="fft")[n - 1 + first : n + last]
    scale = np.sqrt(np.dot(x, x) * np.dot(y, y))
    for engine in (lagged._by_fft, lagged._direct):
        if engine is lagged._direct and last - first > 3000:
            continue
        assert np.max(np.abs(engine(x, y, first, last) - full)) < ROUNDING * scale


def test_long_series_in_tiles_equals_one_sum(rng):
    """Several tiles of the direct engine give the one dot product."""
    x, y = rng.normal(size=150_000), rng.normal(size=150_000)
    sums = lagged._direct(x, y, -2, 2)
    expected = [
        np.dot(x[max(k, 0) : 150_000 + min(k, 0)], y[max(-k, 0) : 150_000 - max(k, 0)])
        for k in range(-2, 3)
    ]
    np.testing.assert_allclose(sums, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("quantity", "series"), [("acf nile", "nile"), ("acf sunspots", "sunspots")]
)
def test_acf_equals_r(request, quantity, series):
    """The autocorrelations of real data are R's."""
    expected = from_r(quantity)
    table = acf(request.getfixturevalue(series), n_lags=expected.index.max())
    np.testing.assert_allclose(table["r"].loc[expected.index], expected, atol=ROUNDING)


def test_default_number_of_lags_is_that_of_r(nile):
    """Without `n_lags` the table goes as far as R's, 10 log10(n)."""
    assert acf(nile).index.max() == from_r("acf nile").index.max()


def test_autocovariance_equals_r(nile):
    """Autocovariances have R's divisor, n."""
    expected = from_r("autocovariance nile")
    np.testing.assert_allclose(autocovariance(nile), expected, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("series", ["nile", "sunspots"])
def test_pacf_equals_r(request, series):
    """The default partial autocorrelations are R's."""
    expected = from_r(f"pacf {series}")
    table = pacf(request.getfixturevalue(series), n_lags=expected.index.max())
    np.testing.assert_allclose(table["r"].loc[expected.index], expected, atol=1e-11)


def test_cross_correlation_equals_r(macro):
    """R's ccf, lags negative and positive: the sign convention is the same."""
    expected = from_r("ccf growth unemployment")
    table = cross_correlation(macro["growth"], macro["unemployment"], n_lags=25)
    assert table.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(table["r"], expected, atol=ROUNDING)


def test_cross_correlation_equals_statsmodels(macro):
    """The ccf of statsmodels with the divisor n, one side each way."""
    x, y = macro["growth"], macro["unemployment"]
    table = cross_correlation(x, y, n_lags=30)
    later = stattools.ccf(x, y, adjusted=False)[:31]
    earlier = stattools.ccf(y, x, adjusted=False)[:31]
    np.testing.assert_allclose(table["r"].loc[0:30], later, atol=ROUNDING)
    np.testing.assert_allclose(table["r"].loc[0:-30:-1], earlier, atol=ROUNDING)


def test_sign_is_that_of_scipy(rng):
    """The lag of the peak is the one scipy.signal.correlation_lags names."""
    x = rng.normal(size=60)
    y = np.roll(x, 5)
    lags = scipy.signal.correlation_lags(60, 60)
    expected = lags[np.argmax(scipy.signal.correlate(x - x.mean(), y - y.mean()))]
    assert cross_correlation(x, y, n_lags=20)["r"].idxmax() == expected == -5


def test_acf_equals_statsmodels(sunspots):
    """The default acf of statsmodels."""
    table = acf(sunspots, n_lags=40)
    values = stattools.acf(sunspots, nlags=40)
    np.testing.assert_allclose(table["r"], values, atol=ROUNDING)


def test_bartlett_bands_equal_statsmodels(sunspots):
    """Bartlett's half widths beyond lag 0 are statsmodels'."""
    table = acf(sunspots, n_lags=40, bands="bartlett", level=90)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        values, interval = stattools.acf(sunspots, nlags=40, alpha=0.1)
    np.testing.assert_allclose(table["upper"].iloc[1:], (interval[:, 1] - values)[1:], rtol=1e-11)
    np.testing.assert_allclose(table["lower"], -table["upper"], rtol=0)


def test_white_bands_are_the_textbook_ones(nile):
    """At 95 % the bands are 1.96 over the root of n, for every lag."""
    for table in (acf(nile), pacf(nile), cross_correlation(nile, nile**2)):
        np.testing.assert_allclose(table["upper"], Z95 / 10, rtol=1e-12)
        np.testing.assert_allclose(table["lower"], -Z95 / 10, rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "theirs"), [("yule-walker", "ywm"), ("burg", "burg"), ("ols", "ols")]
)
def test_pacf_equals_statsmodels(sunspots, method, theirs):
    """Each method is statsmodels' of that name (with the divisor n)."""
    expected = stattools.pacf(sunspots, nlags=30, method=theirs)
    np.testing.assert_allclose(pacf(sunspots, n_lags=30, method=method)["r"], expected, atol=1e-9)


@pytest.mark.parametrize("method", ["yule-walker", "burg", "ols"])
def test_pacf_equals_separate_fits(rng, method):
    """Lag by lag it is the last coefficient of a fit of that order."""
    x = np.cumsum(rng.normal(size=80)) + rng.normal(size=80)
    expected = naive.partial(x, 12, method)
    np.testing.assert_allclose(
        pacf(x, n_lags=12, method=method)["r"].iloc[1:], expected, atol=1e-10
    )


def test_box_and_jenkins_worked_example():
    """The first ten batch yields in Box, Jenkins, Reinsel and Ljung (2016), section 2.1.5."""
    x = [47, 64, 23, 71, 38, 64, 55, 41, 59, 48]
    assert autocovariance(x, n_lags=1).round(1).tolist() == [189.6, -149.7]
    assert acf(x, n_lags=1)["r"].round(2).loc[1] == -0.79


# ------------------------------------------------------------------ laws


@given(finite_series, st.integers(0, 2**32 - 1))
def test_exchanging_the_series_negates_the_lag(x, seed):
    """r_xy at a lag is r_yx at the opposite lag."""
    y = np.random.default_rng(seed).normal(size=x.size)
    forth = cross_correlation(x, y, n_lags=x.size - 1)["r"]
    back = cross_correlation(y, x, n_lags=x.size - 1)["r"]
    np.testing.assert_allclose(forth.to_numpy(), back.to_numpy()[::-1], atol=ROUNDING)


@given(finite_series, st.floats(1, 100), st.floats(-1e4, 1e4))
def test_scale_and_offset_do_not_matter(x, gain, offset):
    """A positive gain leaves correlations as they are, a negative one changes their sign."""
    y = np.arange(x.size) ** 2.0 % 7
    if np.ptp(y) == 0:
        y = np.arange(x.size) * 1.0
    r = cross_correlation(x, y, n_lags=x.size - 1)["r"]
    # The sum with the offset, up to 1e5, is rounded to 1e-11; the series may vary by 1e-3 only.
    np.testing.assert_allclose(
        cross_correlation(-gain * x + offset, y, n_lags=x.size - 1)["r"], -r, atol=1e-7
    )


@given(finite_series)
def test_a_series_with_itself_is_its_acf(x):
    """The cross-correlation of a series with itself is symmetric and equals `acf`."""
    table = cross_correlation(x, x, n_lags=x.size - 1)["r"]
    r = acf(x, n_lags=x.size - 1)["r"]
    np.testing.assert_allclose(table.loc[0:], r, atol=ROUNDING)
    np.testing.assert_allclose(table.to_numpy(), table.to_numpy()[::-1], atol=ROUNDING)


@given(
    finite_series, st.integers(0, 2**32 - 1), st.sampled_from([1e-300, 1e-160, 1.0, 1e150, 1e290])
)
def test_no_correlation_exceeds_one(x, seed, scale):
    """All values lie within [-1, 1], at any scale, also for series alike but for rounding."""
    y = x * (1 + 1e-15 * np.random.default_rng(seed).normal(size=x.size))
    for other in (y, -x):
        r = cross_correlation(scale * x, other, n_lags=x.size - 1)["r"]
        assert r.abs().max() <= 1
    for table in (acf(scale * x), pacf(scale * x), pacf(scale * x, method="burg")):
        assert table["r"].abs().max() <= 1


@given(finite_series)
def test_autocovariances_are_positive_semidefinite(x):
    """No spectrum of the autocovariances is negative beyond rounding."""
    c = autocovariance(x, n_lags=x.size - 1).to_numpy()
    spectrum = np.fft.fft(np.concatenate([c, [0.0], c[:0:-1]])).real
    assert spectrum.min() >= -1e-12 * spectrum.max()


@given(st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_a_planted_delay_is_found(seed, delay):
    """White noise delayed by some samples correlates most at that lag."""
    noise = np.random.default_rng(seed).normal(size=200)
    late = np.concatenate([np.zeros(delay), noise])[:200]
    assert cross_correlation(late, noise)["r"].idxmax() == delay


def test_acf_of_white_noise_stays_in_its_bands(rng):
    """About 95 of 100 values lie within the 95 % bands; at most 10 of 1,000 lie outside 99.9 %."""
    x = rng.normal(size=20_000)
    table = acf(x, n_lags=1000).iloc[1:]
    assert 0.03 < (table["r"].abs() > table["upper"]).mean() < 0.07
    wide = acf(x, n_lags=1000, level=99.9).iloc[1:]
    assert (wide["r"].abs() > wide["upper"]).sum() <= 10


# ------------------------------------------------------------------ prewhitening


def test_prewhitened_equals_r(macro):
    """Burg's model of least AIC for x, both series filtered with it, then R's ccf."""
    table = cross_correlation(macro["growth"], macro["unemployment"], n_lags=25, prewhiten="x")
    assert len(table.attrs["prewhitening"]) == from_r("prewhitening order").loc[0]
    np.testing.assert_allclose(table["r"], from_r("ccf prewhitened"), atol=1e-11)


def test_prewhitened_with_an_order_equals_r(macro):
    """An order given instead of chosen."""
    table = cross_correlation(macro["growth"], macro["unemployment"], n_lags=25, prewhiten=3)
    np.testing.assert_allclose(table["r"], from_r("ccf prewhitened by AR(3)"), atol=1e-11)


def test_bands_after_prewhitening_count_what_is_left(macro):
    """The filter uses up as many samples as its order, and the bands know."""
    table = cross_correlation(macro["growth"], macro["unemployment"], prewhiten=3)
    assert table["upper"].iloc[0] == pytest.approx(Z95 / np.sqrt(len(macro) - 3))


def test_prewhitening_of_order_zero_changes_nothing(macro):
    """No coefficients, no filter."""
    plain = cross_correlation(macro["growth"], macro["unemployment"])
    pd.testing.assert_frame_equal(
        cross_correlation(macro["growth"], macro["unemployment"], prewhiten=0), plain
    )


def test_prewhitening_equals_filtering_by_hand(macro):
    """The filter is the whitening kernel of `fit_ar` by Burg's method."""
    x, y = macro["growth"], macro["unemployment"]
    taps = fit_ar(x, 4, method="burg").whitening.taps
    both = [np.convolve(s, taps, "valid") for s in (x - x.mean(), y - y.mean())]
    np.testing.assert_allclose(
        cross_correlation(x, y, n_lags=20, prewhiten=4)["r"],
        cross_correlation(*both, n_lags=20)["r"],
        atol=1e-11,
    )


def test_prewhitening_quiets_unrelated_walks(rng):
    """Unrelated slow series correlate far beyond the bands, prewhitened ones do not."""
    noise = rng.normal(size=(2, 2000))
    x, y = scipy.signal.lfilter([1], [1, -0.95], noise, axis=1)

    def outside(table):
        return (table["r"].abs() > table["upper"]).mean()

    assert outside(cross_correlation(x, y, n_lags=100)) > 0.4
    assert outside(cross_correlation(x, y, n_lags=100, prewhiten="x")) < 0.12


def test_prewhitening_shows_the_response(rng):
    """After prewhitening the correlations are proportional to the response of y to x."""
    x = scipy.signal.lfilter([1], [1, -0.9], rng.normal(size=20_000))
    y = 2 * np.roll(x, 3) - np.roll(x, 5)
    r = cross_correlation(y[10:], x[10:], n_lags=8)["r"]
    assert (r.loc[0:8] > 0.3).all()  # the response is drowned by the memory of x
    r = cross_correlation(x[10:], y[10:], n_lags=8, prewhiten="x")["r"]
    assert r.loc[-3] / r.loc[-5] == pytest.approx(-2, abs=0.05)
    assert r.drop([-3, -5]).abs().max() < 0.05


# ------------------------------------------------------------------ missing values


def test_missing_values_are_named_and_counted(gappy_nile):
    """The message says how many, where first (position and label), and what to do."""
    with pytest.raises(ValueError, match=r"6 missing values, first at position 2 \(1873-01-01"):
        acf(gappy_nile)


@pytest.mark.parametrize("quantity", ["acf", "pacf", "autocovariance"])
def test_pairwise_equals_r(gappy_nile, quantity):
    """Pairs of which both are there, as R's na.pass."""
    expected = from_r(f"{quantity} gappy nile")
    function = {"acf": acf, "pacf": pacf, "autocovariance": autocovariance}[quantity]
    result = function(gappy_nile, n_lags=expected.index.max(), missing="pairwise")
    values = result if quantity == "autocovariance" else result["r"]
    np.testing.assert_allclose(values.loc[expected.index], expected, rtol=1e-10, atol=1e-12)


def test_pairwise_cross_correlation_equals_r(macro):
    """One series with gaps, the other without."""
    gappy = macro["growth"].copy()
    gappy.iloc[[0, *range(39, 45), 149]] = np.nan
    table = cross_correlation(gappy, macro["unemployment"], n_lags=25, missing="pairwise")
    np.testing.assert_allclose(table["r"], from_r("ccf gappy growth unemployment"), atol=1e-12)


@given(finite_series, st.integers(0, 2**32 - 1))
def test_pairwise_equals_explicit_loops(x, seed):
    """Any pattern of gaps, both series, all lags; bands by the pairs there are."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=x.size)
    gappy = np.where(rng.random(x.size) < 0.3, np.nan, x)
    other = np.where(rng.random(x.size) < 0.3, np.nan, y)
    if any(np.count_nonzero(~np.isnan(np.unique(s))) < 2 for s in (gappy, other)):
        gappy, other = x, y
    lags = range(-(x.size - 1), x.size)
    table = cross_correlation(gappy, other, n_lags=x.size - 1, missing="pairwise")
    np.testing.assert_allclose(table["r"], naive_table(gappy, other, lags), atol=1e-9)


def test_pairwise_without_gaps_changes_nothing(nile):
    """The divisors are n when nothing is missing."""
    pd.testing.assert_frame_equal(acf(nile, missing="pairwise"), acf(nile))


def test_a_lag_without_pairs_is_missing():
    """With no pair at a lag there is no correlation to give, also at lag 0."""
    x = [1.0, np.nan, 3.0, np.nan, 2.0, np.nan]
    y = [np.nan, 1.0, np.nan, 5.0, np.nan, 2.0]
    r = cross_correlation(x, y, n_lags=2, missing="pairwise")["r"]
    assert r.isna().tolist() == [True, False, True, False, True]


def test_pairwise_pacf_that_cannot_be_is_refused():
    """Pairwise autocovariances need not be those of any process; then the message says so."""
    x = np.array([1.0, np.nan, np.nan, -1.0, 2.0, np.nan, np.nan, -2.0, 1.5, np.nan, np.nan, -1.5])
    with pytest.raises(ValueError, match=r"positive definite.*fill the gaps"):
        pacf(x, n_lags=5, missing="pairwise")


@pytest.mark.parametrize("method", ["burg", "ols"])
def test_pairwise_goes_with_yule_walker_only(gappy_nile, method):
    """Burg and least squares need neighbouring values."""
    with pytest.raises(ValueError, match='goes with method="yule-walker"'):
        pacf(gappy_nile, method=method, missing="pairwise")


def test_prewhitening_refuses_gaps(gappy_nile, nile):
    """A filter over a gap has no output; the message says what to do."""
    with pytest.raises(ValueError, match="`prewhiten` needs series without missing values"):
        cross_correlation(nile, gappy_nile, prewhiten="x", missing="pairwise")


# ------------------------------------------------------------------ scale and length


@given(finite_series, st.sampled_from([1e-300, 1.0, 1e300]), st.sampled_from([0.0, 1.0, 1e6]))
def test_centred_values_are_near_one_and_put_back(x, scale, offset):
    """Mean plus values times the power of two is the series; the largest value is in [0.5, 1)."""
    series = scale * (x + offset)
    found = lagged.centred(series)
    assert 0.5 <= np.abs(found.values).max() < 1
    assert abs(found.values.mean()) < 1e-15
    rebuilt = found.mean + np.ldexp(found.values, found.exponent)
    np.testing.assert_allclose(rebuilt, series, atol=1e-15 * np.abs(series).max())


@pytest.mark.parametrize("scale", [5e-324 * 2**60, 1e-200, 1e200, 2.0**1000])
def test_any_scale_gives_the_same_correlations(rng, scale):
    """Neither squares that vanish nor squares that overflow matter."""
    x = np.round(rng.normal(size=100) * 1024)
    pd.testing.assert_frame_equal(acf(x * scale), acf(x), rtol=1e-12, atol=1e-15)
    pd.testing.assert_frame_equal(
        pacf(x * scale, method="burg"), pacf(x, method="burg"), rtol=1e-12, atol=1e-15
    )


def test_the_largest_numbers_do_not_overflow():
    """Differences of the largest floats of both signs are formed without overflow."""
    big = np.finfo(float).max
    assert acf([big, -big, big, -big], n_lags=1)["r"].loc[1] == pytest.approx(-0.75, rel=1e-15)


def test_a_large_mean_costs_no_digits(rng):
    """Integers around 2**40 give what the same integers around zero give."""
    x = np.round(rng.normal(size=1000) * 100)
    np.testing.assert_allclose(acf(x + 2.0**40)["r"], acf(x)["r"], atol=1e-12)


def test_a_constant_series_has_zero_autocovariance():
    """Also when the mean of n equal numbers would be rounded."""
    assert autocovariance([0.1] * 11).tolist() == [0.0] * 11


@pytest.mark.parametrize("function", [acf, pacf])
def test_a_constant_series_has_no_correlation(function):
    """0/0 is an error that names the series and the value."""
    with pytest.raises(
        ValueError, match=r"`x` must vary to be correlated; all its values are 0\.1"
    ):
        function([0.1] * 11)


def test_a_constant_second_series_is_named(nile):
    """The message tells which of the two is constant."""
    with pytest.raises(ValueError, match="`y` must vary"):
        cross_correlation(nile, np.ones(100))


def test_a_single_observation_is_constant():
    """One value has autocovariance zero and no correlation."""
    assert autocovariance([7.0]).tolist() == [0.0]
    with pytest.raises(ValueError, match="must vary"):
        acf([7.0])


def test_overflowing_autocovariance_is_refused():
    """A covariance beyond the largest float is an error with a remedy, not infinity."""
    with pytest.raises(ValueError, match="must not overflow"):
        autocovariance([1e200, -1e200, 1e200])


def test_a_long_series_takes_blocks(rng):
    """A long series with many lags, through the blocked engine, a few lags checked."""
    x = rng.normal(size=200_000)
    x[1000:] += 0.5 * x[:-1000]
    table = acf(x, n_lags=1500)
    z = x - x.mean()
    for lag in (1, 999, 1000, 1500):
        expected = np.dot(z[lag:], z[:-lag]) / np.dot(z, z)
        assert table["r"].loc[lag] == pytest.approx(expected, abs=ROUNDING)


# ------------------------------------------------------------------ contracts


def test_tables_have_the_same_form(nile):
    """`lag`, then `r`, `lower`, `upper`: one plot function draws all."""
    for table in (acf(nile), pacf(nile), cross_correlation(nile, nile)):
        assert table.index.name == "lag"
        assert table.columns.tolist() == ["r", "lower", "upper"]
        assert (table.dtypes == np.float64).all()


def test_array_list_series_integers_agree(nile):
    """Every way to hand over the same numbers gives the same table."""
    expected = acf(nile)
    values = nile.to_numpy()
    others = [
        values,
        values.tolist(),
        values.astype(int),
        nile.astype("Int64"),
        values[:, None][:, 0],
    ]
    for other in others:
        pd.testing.assert_frame_equal(acf(other), expected)


def test_a_table_is_taken_column_by_column(macro):
    """The columns of the result are those of the table above `r`, `lower`, `upper`."""
    for function in (acf, pacf):
        result = function(macro)
        assert result.columns.nlevels == 2
        for name in macro:
            pd.testing.assert_frame_equal(result[name], function(macro[name]))
    covariances = autocovariance(macro)
    assert covariances.columns.equals(macro.columns)
    for name in macro:
        pd.testing.assert_series_equal(covariances[name], autocovariance(macro[name]))


def test_an_array_of_two_dimensions_is_taken_column_by_column(macro):
    """Columns of an array are numbered."""
    result = acf(macro.to_numpy())
    pd.testing.assert_frame_equal(result[1], acf(macro["unemployment"]))


def test_nested_and_repeated_column_labels_are_kept(nile):
    """A MultiIndex gets one more level; two columns of one name stay two."""
    table = pd.DataFrame({("a", 1): nile, ("a", 2): nile**2})
    table.columns.names = ["site", "depth"]
    assert acf(table).columns.names == ["site", "depth", None]
    twice = pd.concat([nile, nile], axis=1)
    assert acf(twice).shape[1] == 6


def test_one_column_counts_as_one_series(nile, macro):
    """A table of one column will do for `cross_correlation`."""
    pd.testing.assert_frame_equal(
        cross_correlation(macro[["growth"]], macro["unemployment"]),
        cross_correlation(macro["growth"], macro["unemployment"]),
    )


def test_autocovariance_keeps_the_name(nile):
    """A Series on `lag` with the name of the series; none for an array."""
    assert autocovariance(nile).name == nile.name
    assert autocovariance(nile.to_numpy()).name is None
    assert autocovariance(nile).index.name == "lag"


def test_the_callers_data_is_untouched(rng):
    """Read-only input is accepted and nothing is written to it."""
    x = rng.normal(size=50)
    x.setflags(write=False)
    y = pd.Series(x, index=pd.date_range("2020-01-01", periods=50, unit="us"), name="y")
    before = y.copy()
    cross_correlation(x, y, prewhiten=2)
    acf(y)
    pacf(x, method="burg")
    pd.testing.assert_series_equal(y, before)


def test_equal_times_in_different_units_match(rng):
    """An index in microseconds is the same as one in nanoseconds."""
    x = pd.Series(rng.normal(size=30), index=pd.date_range("2020-01-01", periods=30, unit="us"))
    y = pd.Series(rng.normal(size=30), index=pd.date_range("2020-01-01", periods=30, unit="ns"))
    assert len(cross_correlation(x, y, n_lags=3)) == 7


# ------------------------------------------------------------------ errors


def test_different_indexes_are_refused(nile):
    """Series at different times are not correlated by position."""
    with pytest.raises(ValueError, match=r"must have the same index.*x\.align\(y"):
        cross_correlation(nile.iloc[:-1], nile.iloc[1:])


def test_different_lengths_are_refused(nile):
    """The message gives both lengths and names the function for snippets."""
    with pytest.raises(ValueError, match=r"same length; got 100 and 50.*`find`"):
        cross_correlation(nile, np.arange(50.0))


def test_times_running_backwards_are_refused(nile):
    """A series sorted newest first would have every lag's sign wrong."""
    with pytest.raises(ValueError, match=r"times of `x` must increase.*sort_index"):
        acf(nile.iloc[::-1])


def test_complex_series_are_refused():
    """Complex correlation has another definition."""
    with pytest.raises(TypeError, match="`y` must be real"):
        cross_correlation(np.arange(4.0), np.array([1j, 2, 3, 4]))


def test_infinite_values_are_refused(nile):
    """Also with missing="pairwise": an infinite value is not a missing one."""
    broken = nile.copy()
    broken.iloc[7] = -np.inf
    with pytest.raises(ValueError, match=r"`x` must be finite; got -inf at position 7 \(1878"):
        acf(broken, missing="pairwise")


def test_nothing_observed_is_refused():
    """No values, or only missing ones."""
    with pytest.raises(ValueError, match="at least one observation; got none"):
        acf([])
    with pytest.raises(ValueError, match="all 3 values are missing"):
        acf([np.nan] * 3, missing="pairwise")
    with pytest.raises(ValueError, match="at least one column"):
        acf(pd.DataFrame(index=range(4)))


@pytest.mark.parametrize("function", [acf, pacf, autocovariance])
def test_too_many_lags_are_refused(function, nile):
    """Beyond n - 1 there is nothing to correlate."""
    with pytest.raises(ValueError, match="`n_lags` must be below the number of observations, 100"):
        function(nile, n_lags=100)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"level": 100}, "`level` must lie between 0 and 100"),
        ({"level": 0}, "`level` must lie between 0 and 100"),
        ({"level": 0.95}, "For 95 per cent give 95"),
        ({"prewhiten": "y"}, "`prewhiten` must be one of 'x'"),
        ({"prewhiten": -1}, "`prewhiten` must be at least 0"),
        ({"prewhiten": 99}, "`prewhiten` must leave at least 2 of 100 observations"),
        ({"missing": "drop"}, "`missing` must be one of"),
        ({"n_lags": -1}, "`n_lags` must be at least 0"),
    ],
)
def test_options_that_cannot_be_are_refused(nile, option, message):
    """Each option says what it takes."""
    with pytest.raises(ValueError, match=message):
        cross_correlation(nile, nile, **option)


def test_prewhiten_is_not_a_switch(nile):
    """True is not taken for the order 1."""
    with pytest.raises(TypeError, match=r'`prewhiten` must be "x", an order or None; got True'):
        cross_correlation(nile, nile, prewhiten=True)


def test_unknown_methods_and_bands_are_refused(nile):
    """The message lists what there is."""
    with pytest.raises(ValueError, match="`method` must be one of 'yule-walker', 'burg', 'ols'"):
        pacf(nile, method="mle")
    with pytest.raises(ValueError, match="`bands` must be one of 'white', 'bartlett'"):
        acf(nile, bands="wide")


def test_least_squares_needs_enough_rows():
    """A regression with more unknowns than rows is refused."""
    with pytest.raises(ValueError, match="at least 13 observations; got 12"):
        pacf(np.arange(12.0) % 5, n_lags=6, method="ols")
