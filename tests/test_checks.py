"""Checks return the cleaned value or say what must hold, what was given and what to try."""

import numpy as np
import pandas as pd
import pytest

from tsconv._checks import (
    check_choice,
    check_count,
    check_fraction,
    check_positive,
    check_vector,
)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1.0, 2.0),
        np.array([1, 2], dtype=np.int8),
        np.array([1, 2], dtype=np.float32),
        pd.Series([1, 2], index=[5, 6]),
        pd.Series([1, 2], dtype="Int64"),
        np.array([1, 2], dtype=object),
        np.array([1.0, 0.0, 2.0])[::2],
    ],
)
def test_vector_becomes_contiguous_float64(values):
    """Lists, integers, Series and strided arrays alike."""
    array = check_vector(values, "x")
    assert array.dtype == np.float64
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.tolist() == [1.0, 2.0]


def test_vector_is_a_copy():
    """The caller's array is his own, read-only or not."""
    given = np.array([1.0, 2.0])
    given.setflags(write=False)
    check_vector(given, "x")[0] = 5
    assert given.tolist() == [1.0, 2.0]


def test_vector_takes_a_number_and_booleans():
    """A scalar has one element; True is one."""
    assert check_vector(3, "x").tolist() == [3.0]
    assert check_vector([True, False], "x").tolist() == [1.0, 0.0]


def test_vector_may_be_empty_only_if_allowed():
    """An AR polynomial without coefficients is fine, a kernel without taps is not."""
    assert check_vector([], "x", allow_empty=True).size == 0
    with pytest.raises(
        ValueError, match=r"`x` must be 1-D with at least one element; got .*\(0,\)"
    ):
        check_vector([], "x")


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([[1], [2]], ValueError, r"`x` must be 1-D .*; got shape \(2, 1\)"),
        ([[1], [1, 2]], ValueError, "`x` must be 1-D; got a list of lists of unequal lengths"),
        ([1, np.inf, np.nan], ValueError, r"got inf at position 1 \(2 such values\)"),
        ([np.nan], ValueError, r"got nan at position 0 \(1 such value\)"),
        ([1 + 2j], TypeError, "`x` must be real; got complex128"),
        (["a"], TypeError, "`x` must be numbers; got list of <U1"),
        (["1"], TypeError, "`x` must be numbers"),
        (None, ValueError, "`x` must be finite; got nan"),
        ([pd.NA, 1], TypeError, "`x` must be numbers; got list of object"),
        ([10**400], TypeError, "`x` must be numbers"),
        (pd.to_datetime(["2020-01-01"]), TypeError, "`x` must be numbers; got DatetimeIndex"),
        (pd.to_timedelta(["1D"]), TypeError, "`x` must be numbers; got TimedeltaIndex"),
        ({"a": 1}, TypeError, "`x` must be numbers; got dict"),
    ],
)
def test_vector_refuses(values, error, message):
    """Kinds are a TypeError, values a ValueError."""
    with pytest.raises(error, match=message):
        check_vector(values, "x")


@pytest.mark.parametrize("value", [3, np.int8(3), np.array(3)])
def test_count_becomes_int(value):
    """Python's and numpy's integers."""
    count = check_count(value, "n")
    assert count == 3
    assert type(count) is int


@pytest.mark.parametrize("value", [3.0, "3", None, [3], np.float64(3), np.array([3])])
def test_count_refuses_what_is_not_whole(value):
    """Even 3.0: a width of 3.0 samples is more often a mistake."""
    with pytest.raises(TypeError, match="`n` must be a whole number; got"):
        check_count(value, "n")


def test_count_has_a_lower_bound_or_none():
    """Zero by default."""
    assert check_count(-7, "n", minimum=None) == -7
    assert check_count(1, "n", minimum=1) == 1
    with pytest.raises(ValueError, match="`n` must be at least 0; got -1"):
        check_count(-1, "n")
    with pytest.raises(ValueError, match="`n` must be at least 2; got 1"):
        check_count(1, "n", minimum=2)


def test_positive_becomes_float():
    """Integers, numpy scalars."""
    assert check_positive(np.float32(0.5), "x") == 0.5
    assert type(check_positive(2, "x")) is float


@pytest.mark.parametrize("value", [0, -1, np.inf, np.nan])
def test_positive_refuses_values(value):
    """Zero, negative, not finite."""
    with pytest.raises(ValueError, match="`x` must be positive and finite; got"):
        check_positive(value, "x")


@pytest.mark.parametrize("value", ["3", b"3", None, [1], 1j, 10**400])
def test_positive_refuses_kinds(value):
    """Text is refused, even where it reads as a number."""
    with pytest.raises(TypeError, match="`x` must be a number; got"):
        check_positive(value, "x")


def test_fraction_lies_between_zero_and_one():
    """Both ends included."""
    assert [check_fraction(v, "x") for v in (0, 0.5, 1)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf])
def test_fraction_refuses_values(value):
    """Outside, or no number at all."""
    with pytest.raises(ValueError, match="`x` must be between 0 and 1; got"):
        check_fraction(value, "x")


def test_fraction_refuses_kinds():
    """As above."""
    with pytest.raises(TypeError, match="`x` must be a number between 0 and 1; got 'half'"):
        check_fraction("half", "x")


def test_choice_returns_the_name():
    """One of a few."""
    assert check_choice("b", "m", ("a", "b")) == "b"


@pytest.mark.parametrize("value", ["c", "", None, 1, ["a"], np.array(["a", "b"])])
def test_choice_lists_what_is_allowed(value):
    """Anything else is refused with the list, also what cannot be compared."""
    with pytest.raises(ValueError, match="`m` must be one of 'a', 'b'; got"):
        check_choice(value, "m", iter(["a", "b"]))
