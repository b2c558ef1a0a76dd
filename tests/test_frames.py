"""Pandas objects and arrays in and out: types, labels, and the caller's object untouched."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest

from tsconv import convolve, difference, exponential, gaussian, moving_average
from tsconv._frames import elapsed, positions, sampling_interval, take_apart, take_vector

SUM = [1.0, 1.0]  # exact on small whole numbers
KERNELS = [moving_average(3), exponential(alpha=0.5), gaussian("36h")]


def days(n):
    """Return a daily index with a name."""
    return pd.date_range("2024-01-01", periods=n, freq="D", name="day")


# One column is still a table


@pytest.mark.parametrize("kernel", [moving_average(3), exponential(alpha=0.5), difference()])
def test_one_column_is_filtered_along_the_index(kernel, rng):
    """A DataFrame of one column, and an n x 1 array, give what the Series gives."""
    x = pd.Series(rng.normal(size=50), name="x")
    expected = convolve(x, kernel)
    pd.testing.assert_frame_equal(convolve(x.to_frame(), kernel), expected.to_frame())
    y = convolve(x.to_numpy()[:, None], kernel)
    assert y.shape == (50, 1)
    np.testing.assert_array_equal(y[:, 0], expected)


def test_one_row_is_not_a_series():
    """A table of one row has one sample in each column."""
    y = convolve(np.ones((1, 4)), SUM, boundary="zero")
    np.testing.assert_array_equal(y, [[1, 1, 1, 1]])


# Types


@pytest.mark.parametrize(
    "dtype",
    [
        *("int8", "uint8", "int64", "uint64", "float16", "float32", "float64", ">f8", ">i4"),
        *("Int8", "UInt32", "Int64", "Float32", "Float64"),
        *("int64[pyarrow]", "uint8[pyarrow]", "float[pyarrow]", "double[pyarrow]"),
        *("object", "Sparse[float64]", "Sparse[int64]"),
    ],
)
def test_numbers_of_any_type_are_convolved_as_float64(dtype):
    """Integers, nullable, Arrow-backed, sparse, objects: all as float64."""
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    x = pd.Series([1, 2, 3, 7], index=days(4), name="n").astype(dtype)
    expected = pd.Series([np.nan, 3.0, 5.0, 10.0], index=days(4), name="n")
    pd.testing.assert_series_equal(convolve(x, SUM), expected)
    pd.testing.assert_frame_equal(convolve(x.to_frame(), SUM), expected.to_frame())


@pytest.mark.parametrize("dtype", ["bool", "boolean", "bool[pyarrow]", "object"])
def test_booleans_are_zeros_and_ones(dtype):
    """How many of the last two were true."""
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    x = pd.Series([True, False, True, True]).astype(dtype)
    assert convolve(x, SUM).tolist()[1:] == [1.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "dtype",
    ["Int64", "Float64", "boolean", "int64[pyarrow]", "double[pyarrow]", "bool[pyarrow]", "object"],
)
def test_missing_entries_of_any_type_are_gaps(dtype):
    """pd.NA and None are what NaN is."""
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    x = pd.Series([1, None, 0, 1, 1], dtype=dtype)
    y = convolve(x, SUM)
    assert y.dtype == np.float64
    assert y.isna().tolist() == [True, True, True, False, False]


def test_arrow_decimals_are_numbers():
    """Decimals too."""
    pa = pytest.importorskip("pyarrow")
    x = pd.Series([1, 2, 3], dtype=pd.ArrowDtype(pa.decimal128(5, 2)))
    assert convolve(x, SUM).tolist()[1:] == [3.0, 5.0]


def test_objects_that_are_numbers():
    """Python's own numbers, decimals, and every way to say "missing"."""
    x = np.array([1, 2.5, decimal.Decimal("1.5"), True, None, pd.NA, pd.NaT, np.nan, 3], object)
    y = convolve(x, [1.0])
    np.testing.assert_array_equal(y, [1, 2.5, 1.5, 1, *[np.nan] * 4, 3])


def test_mixed_columns_are_converted_one_by_one(rng):
    """Each column from its own type; a complex one makes the table complex."""
    x = pd.DataFrame({"i": [1, 2, 3], "n": pd.array([1, None, 3], "Int64"), "b": [True] * 3})
    y = convolve(x, SUM)
    assert (y.dtypes == np.float64).all()
    assert y["i"].tolist()[1:] == [3, 5]
    assert y["n"].isna().all()
    assert y["b"].tolist()[1:] == [2, 2]
    z = convolve(x.assign(c=[1j, 2j, 3j]), SUM)
    assert (z.dtypes == np.complex128).all()


def test_large_mixed_table_equals_its_columns(rng):
    """The short cut for small tables changes nothing."""
    x = pd.DataFrame({"f": rng.normal(size=30_000), "i": rng.integers(0, 9, size=30_000)})
    y = convolve(x, moving_average(5))
    for name in x:
        pd.testing.assert_series_equal(y[name], convolve(x[name], moving_average(5)), atol=1e-14)


@pytest.mark.parametrize("make", [list, tuple, np.array, pd.Index, pd.array])
def test_array_likes_give_arrays(make):
    """Anything without an index comes back as an array."""
    y = convolve(make([1, 2, 3]), SUM)
    assert type(y) is np.ndarray
    np.testing.assert_array_equal(y, [np.nan, 3, 5])


@pytest.mark.parametrize("dtype", [int, float, complex])
def test_masked_entries_are_gaps(dtype):
    """The mask of a masked array is honoured."""
    x = np.ma.MaskedArray(np.array([1, 2, 3, 4, 5], dtype), [0, 0, 1, 0, 0])
    assert np.isnan(convolve(x, SUM)).tolist() == [True, False, True, True, False]


def test_memory_order_does_not_matter(rng):
    """Fortran order, strides and reversed views are read as they look."""
    x = rng.normal(size=(20, 6))
    expected = convolve(x, moving_average(3))
    np.testing.assert_array_equal(convolve(np.asfortranarray(x), moving_average(3)), expected)
    np.testing.assert_array_equal(
        convolve(x[:, ::2], moving_average(3)), convolve(x[:, ::2].copy(), moving_average(3))
    )
    np.testing.assert_array_equal(
        convolve(x[::-1], moving_average(3)), convolve(x[::-1].copy(), moving_average(3))
    )


# Labels


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(10, 22, 3, name="r"),
        days(4),
        pd.date_range("2024-03-29", periods=4, freq="D", tz="Europe/Berlin"),
        pd.date_range("2024-01-31", periods=4, freq="ME"),
        pd.timedelta_range("0s", periods=4, freq="250ms"),
        pd.period_range("2024-01", periods=4, freq="M"),
        pd.Index(["a", "b", "b", "a"], name="letters"),
        pd.MultiIndex.from_product([[1, 2], ["x", "y"]], names=["n", "s"]),
        pd.date_range("2024-01-01", periods=4, freq="D")[::-1],
        pd.DatetimeIndex(["2024-01-02", None, "2024-01-01", "2024-01-01"]),
        pd.Index([0.1, 0.5, 0.2, np.nan]),
    ],
    ids=lambda index: type(index).__name__,
)
def test_index_and_name_are_kept(index):
    """Any index, by position, with its names and frequency."""
    x = pd.Series([1.0, 2.0, 3.0, 4.0], index, name=("a", 1))
    y = convolve(x, SUM)
    pd.testing.assert_index_equal(y.index, index, exact=True)
    assert y.name == ("a", 1)
    assert getattr(y.index, "freq", None) == getattr(index, "freq", None)
    assert y.tolist()[1:] == [3.0, 5.0, 7.0]


@pytest.mark.parametrize("names", [["a", "a"], [1, "b"], [("x", 1), ("x", 2)]])
def test_columns_are_kept(names):
    """Duplicate and mixed labels, and several levels."""
    columns = pd.MultiIndex.from_tuples(names) if isinstance(names[0], tuple) else pd.Index(names)
    x = pd.DataFrame([[1, 10.0], [2, 20.0]], columns=columns)
    y = convolve(x, SUM)
    pd.testing.assert_index_equal(y.columns, columns)
    assert y.iloc[1].tolist() == [3.0, 30.0]


@pytest.mark.parametrize("x", [pd.Series([1.0, 2.0]), pd.DataFrame({"a": [1.0, 2.0]})])
def test_attrs_are_kept_as_a_copy(x):
    """Attributes travel along; changing the result's leaves the caller's alone."""
    x = x.copy()
    x.attrs = {"unit": "m", "history": ["read"]}
    y = convolve(x, SUM)
    assert y.attrs == x.attrs
    y.attrs["history"].append("smoothed")
    assert x.attrs["history"] == ["read"]


# The caller's object


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
@pytest.mark.parametrize("missing", ["propagate", "renormalize", "interpolate"])
@pytest.mark.parametrize("make", [pd.Series.to_frame, lambda x: x], ids=["frame", "series"])
def test_callers_object_is_untouched(kernel, missing, make, rng):
    """Values, index, names, frequency and attributes are afterwards what they were."""
    x = pd.Series(rng.normal(size=30), days(30), name="x")
    x.iloc[[4, 5]] = np.nan
    x = make(x)
    x.attrs = {"unit": "m"}
    before = x.copy(deep=True)
    y = convolve(x, kernel, missing=missing)
    y.iloc[:] = 0.0
    (pd.testing.assert_frame_equal if x.ndim == 2 else pd.testing.assert_series_equal)(x, before)
    assert x.index.name == "day"
    assert x.index.freq == before.index.freq
    assert x.attrs == {"unit": "m"}


@pytest.mark.parametrize("make", [pd.Series.to_frame, lambda x: x], ids=["frame", "series"])
def test_callers_labels_are_untouched(make):
    """Naming the result's index or columns does not name the caller's."""
    x = make(pd.Series([1.0, 2.0], days(2), name="x"))
    y = convolve(x, SUM)
    y.index.name = "changed"
    assert x.index.name == "day"
    if x.ndim == 2:
        y.columns.name = "changed"
        assert x.columns.name is None


@pytest.mark.parametrize("kernel", KERNELS[:2], ids=repr)
@pytest.mark.parametrize("boundary", ["missing", "zero", "renormalize", "reflect", "wrap"])
@pytest.mark.parametrize("missing", ["propagate", "renormalize", "interpolate"])
@pytest.mark.parametrize("shape", [(30,), (30, 2)])
def test_read_only_arrays_are_read(kernel, boundary, missing, shape, rng):
    """Read-only input proves that nothing is written to it; the result is the caller's own."""
    x = rng.normal(size=shape)
    x[3] = np.nan
    x.flags.writeable = False
    y = convolve(x, kernel, boundary=boundary, missing=missing)
    assert y.flags.writeable
    assert not np.shares_memory(x, y)


def test_identity_is_a_copy():
    """A kernel that changes nothing still returns new memory."""
    x = np.arange(5.0)
    for boundary in ("missing", "zero", "reflect", "renormalize"):
        y = convolve(x, [1.0], boundary=boundary)
        np.testing.assert_array_equal(y, x)
        assert not np.shares_memory(x, y)


# Errors


@pytest.mark.parametrize(
    ("x", "given"),
    [
        (["a", "b"], "dtype <U1"),
        (pd.Series(pd.to_datetime(["2024-01-01"])), r"dtype datetime64\[.*\]"),
        (pd.Series(pd.to_datetime(["2024-01-01"], utc=True)), r"dtype datetime64\[.*UTC\]"),
        (pd.Series(pd.to_timedelta([1], unit="s")), r"dtype timedelta64\[.*\]"),
        (pd.Series([1, 2]).astype("category"), "dtype category"),
        (pd.Series(["a"], dtype="string"), "dtype string"),
        (np.array([1.0, "b"], object), r"'b' \(str\) at position 1\. Try pandas\.to_numeric"),
        (np.array([1.0, [2]], object), r"\[2\] \(list\) at position 1"),
        (pd.Series([1.0, pd.Timestamp("2024-01-01")], dtype=object), "Timestamp.* at position 1"),
        (pd.Series([1.0, 2j], dtype=object), r"2j \(complex\) at position 1"),
    ],
)
def test_only_numbers_are_convolved(x, given):
    """What is no number is named, with its place."""
    with pytest.raises(TypeError, match=f"`x` must hold numbers; got {given}"):
        convolve(x, SUM)


def test_column_that_is_not_numeric_is_named():
    """Among many columns the offending one."""
    x = pd.DataFrame({"a": [1.0], "when": pd.to_datetime(["2024-01-01"])})
    with pytest.raises(TypeError, match="column 'when' of `x` must hold numbers; got dtype datet"):
        convolve(x, SUM)


@pytest.mark.parametrize(
    ("x", "given"),
    [
        (5.0, "float"),
        (None, "NoneType"),
        ("text", "str"),
        (iter([1.0]), "list_iterator"),
        (np.ones((2, 2, 2)), r"shape \(2, 2, 2\)"),
        ([[1.0, 2.0], [3.0]], "a list that is neither: .*inhomogeneous"),
    ],
)
def test_one_or_two_dimensions(x, given):
    """Scalars, iterators, cubes and ragged lists are no series."""
    with pytest.raises(ValueError, match=f"`x` must be 1-D, or 2-D with a column for.*got {given}"):
        convolve(x, SUM)


# The pieces other modules use


def test_take_vector_squeezes_one_column():
    """One column of a table is a series; its name is the column's."""
    x = pd.DataFrame({"a": [1, 2]}, index=days(2))
    taken = take_vector(x)
    np.testing.assert_array_equal(taken.values, [1.0, 2.0])
    pd.testing.assert_series_equal(
        taken.rebuild(taken.values + 1), pd.Series([2.0, 3.0], days(2), name="a")
    )
    assert take_vector(np.ones((3, 1))).values.shape == (3,)
    assert take_vector([1.0]).index is None


def test_take_vector_refuses_several_columns():
    """More than one is a choice to be made by the caller."""
    with pytest.raises(
        ValueError, match=r"`y` must be a single series; got 2 columns\. Choose one"
    ):
        take_vector(np.ones((3, 2)), "y")


def test_take_apart_does_not_copy_floats():
    """Reading costs nothing where nothing need be converted."""
    x = np.ones((4, 2))
    assert np.shares_memory(take_apart(x).values, x)


@pytest.mark.parametrize(
    ("index", "interval"),
    [
        (None, None),
        (pd.RangeIndex(5), None),
        (days(5), "1D"),
        (days(5)[:1], "1D"),
        (days(5)[::-1], None),
        (pd.DatetimeIndex(list(days(5))), "1D"),
        (pd.DatetimeIndex(list(days(5)))[:1], None),
        (pd.DatetimeIndex([]), None),
        (days(5)[[0, 1, 3]], None),
        (days(5)[[0, 0, 0]], None),
        (pd.DatetimeIndex(["2024-01-01", None]), None),
        (pd.date_range("2024", periods=3, freq="2W"), "14D"),
        (pd.date_range("2024", periods=3, freq="B"), None),
        (pd.date_range("2024", periods=3, freq="MS"), None),
        (pd.date_range("2024-03-30", periods=3, freq="D", tz="Europe/Berlin"), "1D"),
        (pd.DatetimeIndex(list(pd.date_range("2024-03-30", periods=3, tz="Europe/Berlin"))), None),
        (pd.timedelta_range(0, periods=3, freq="125us"), "125us"),
        (pd.to_timedelta([0, 5, 10], unit="s"), "5s"),
        (pd.period_range("2024-01-01", periods=3, freq="h"), "1h"),
        (pd.period_range("2024-01-01", periods=1, freq="h"), "1h"),
        (pd.period_range("2024-01-01", periods=3, freq="W"), "7D"),
        (pd.period_range("2024-01", periods=3, freq="M"), None),
        (pd.PeriodIndex(["2024-01-01", "2024-01-05", "2024-01-06"], freq="D"), None),
    ],
)
def test_sampling_interval(index, interval):
    """The time between samples, where there is one."""
    expected = None if interval is None else pd.Timedelta(interval)
    assert sampling_interval(index) == expected


def test_elapsed_counts_from_the_first_sample():
    """In units of the given width."""
    index = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05"])
    np.testing.assert_array_equal(elapsed(index, pd.Timedelta("12h")), [0, 2, 8])


def test_positions_are_times_where_they_are_in_order():
    """Else 0, 1, 2, ..."""
    index = pd.to_datetime(["2024-01-01", "2024-01-03"])
    np.testing.assert_array_equal(positions(index, 2), [0, 2 * 86_400])
    np.testing.assert_array_equal(positions(index[::-1], 2), [0, 1])
    np.testing.assert_array_equal(positions(None, 2), [0, 1])
    np.testing.assert_array_equal(
        positions(pd.period_range("2024", periods=2, freq="D"), 2), [0, 1]
    )
