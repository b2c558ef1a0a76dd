"""Compression: what is kept, Parseval's error, exact restoration, series and images."""

from __future__ import annotations

import naive_spectrum as naive
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tsconv import compress, compression_errors, datasets

few = settings(max_examples=40)

arrays = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=2, max_side=9),
    elements=st.floats(-100, 100, allow_subnormal=False),
)
both = pytest.mark.parametrize("transform", ["dct", "fft"])
choices = pytest.mark.parametrize("choose", ["largest", "lowest"])


@both
@choices
@few
@given(x=arrays)
def test_all_coefficients_restore_the_original(transform, choose, x):
    """``keep=1.0`` is lossless, for odd and even lengths, in one and two dimensions."""
    small = compress(x, keep=1.0, transform=transform, choose=choose)
    np.testing.assert_allclose(small.restore(), x, atol=1e-11)
    assert small.error == 0


@both
@choices
@few
@given(x=arrays, keep=st.floats(0.01, 1.0))
def test_the_error_is_that_of_what_is_restored(transform, choose, x, keep):
    """The error by Parseval equals the one measured on the samples."""
    small = compress(x, keep=keep, transform=transform, choose=choose)
    lost = np.sqrt(np.sum((small.restore() - x) ** 2))
    assert lost == pytest.approx(small.error * np.sqrt(np.sum(x**2)), abs=1e-10)


@both
@few
@given(x=arrays, keep=st.floats(0.01, 0.99))
def test_the_largest_are_the_best(transform, x, keep):
    """No other choice of as many coefficients has a smaller error."""
    largest = compress(x, keep=keep, transform=transform)
    lowest = compress(x, keep=keep, transform=transform, choose="lowest")
    assert largest.error <= lowest.error + 1e-12
    assert largest.positions.size == lowest.positions.size


def test_coefficients_are_those_of_the_definition(rng):
    """The cosine transform written out, and its largest entries."""
    x = rng.normal(size=12)
    full = np.array(naive.cosine_transform(x))
    small = compress(x, keep=4)
    wanted = np.sort(np.argsort(-np.abs(full))[:4])
    np.testing.assert_array_equal(small.positions, wanted)
    np.testing.assert_allclose(small.coefficients, full[wanted], atol=1e-12)
    lowest = compress(x, keep=4, choose="lowest")
    np.testing.assert_array_equal(lowest.positions, range(4))


def test_lowest_of_an_image_are_the_coarsest(rng):
    """In two dimensions the distance from frequency zero counts, in cycles per sample."""
    image = rng.normal(size=(8, 16))
    small = compress(image, keep=3, choose="lowest")
    rows, columns = np.unravel_index(small.positions, (8, 16))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (0, 2),
    ] or (sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0)])


@both
@choices
def test_the_table_of_errors_is_that_of_each_compression(rng, transform, choose):
    """Errors, sizes and ratios for all numbers at once equal those one by one."""
    x = rng.normal(size=(6, 7)).cumsum(axis=0)
    table = compression_errors(x, transform=transform, choose=choose)
    assert table.index[-1] == (42 if transform == "dct" else table.index[-1])
    for kept, row in table.iterrows():
        small = compress(x, keep=int(kept), transform=transform, choose=choose)
        assert (row["size"], row["ratio"]) == (small.size, pytest.approx(small.ratio))
        assert row["error"] == pytest.approx(small.error, abs=1e-12)
    assert table["error"].is_monotonic_decreasing
    assert len(compression_errors(np.arange(5000.0), rows=50)) <= 50


def test_size_counts_bytes():
    """Eight bytes a cosine, sixteen a Fourier coefficient, four a position if it must be kept."""
    x = np.arange(100.0)
    assert compress(x, keep=10).size == 120
    assert compress(x, keep=10, choose="lowest").size == 80
    assert compress(x, keep=10, transform="fft").size == 200
    assert compress(x, keep=10, choose="lowest").ratio == 10
    assert "10 lowest dct coefficients of 100, ratio=10" in repr(
        compress(x, keep=10, choose="lowest")
    )


def test_a_series_and_a_table_come_back_on_their_index():
    """Names, times and columns are restored with the values."""
    x = datasets.load_sunspots()
    restored = compress(x, keep=0.5).restore()
    assert restored.index.equals(x.index)
    assert restored.name == x.name
    table = pd.DataFrame(np.eye(3), index=list("abc"), columns=list("xyz"))
    pd.testing.assert_frame_equal(compress(table, keep=1.0).restore(), table)


def test_smooth_data_need_few_coefficients():
    """Five per cent of the cosines hold the weekly CO2 record to a tenth of a per cent."""
    x = datasets.load_co2().interpolate()
    assert compress(x, keep=0.05).error < 1e-3


def test_zeros_have_no_error():
    """Nothing to lose, nothing lost."""
    small = compress(np.zeros(8), keep=1)
    assert small.error == 0
    assert (compression_errors(np.zeros(8))["error"] == 0).all()
    assert not small.restore().any()


@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        ([1.0, np.nan], {}, ValueError, "at position 1"),
        ([[1.0, np.nan]], {}, ValueError, r"at position \(0, 1\)"),
        ([1.0, 2.0], {"keep": 0.0}, ValueError, "share above 0"),
        ([1.0, 2.0], {"keep": 1.5}, ValueError, "between 0 and 1"),
        ([1.0, 2.0], {"keep": 0}, ValueError, "at least 1"),
        ([1.0, 2.0], {"keep": 3}, ValueError, "at most 2, all coefficients; got 3"),
        ([1.0, 2.0], {"choose": "best"}, ValueError, "`choose` must be one of"),
        ([1.0, 2.0], {"transform": "wavelet"}, ValueError, "`transform` must be one of"),
        ([], {}, ValueError, "at least one sample"),
        ([1.0, 2.0], {"keep": "5%"}, TypeError, "whole number"),
    ],
)
def test_bad_input_is_refused(x, options, error, message):
    """Gaps with their place, shares and numbers out of range."""
    with pytest.raises(error, match=message):
        compress(x, **options)
