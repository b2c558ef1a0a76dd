"""The accessor: each method calls the public function with the data, and checks for numbers."""

from __future__ import annotations

from unittest.mock import Mock

import pandas as pd
import pytest

import tsconv
from tsconv import accessor

SERIES_METHODS = {
    "convolve": (accessor, "convolve", ("kernel",)),
    "cross_correlation": (accessor.correlation, "cross_correlation", ("other",)),
    "autocovariance": (accessor.correlation, "autocovariance", ()),
    "acf": (accessor.correlation, "acf", ()),
    "pacf": (accessor.correlation, "pacf", ()),
    "fit_ar": (accessor, "fit_ar", (2,)),
    "fit_arima": (accessor.arima, "fit_arima", ((1, 0, 0),)),
    "auto_arima": (accessor.arima, "auto_arima", ()),
    "find": (accessor.search, "find", ("snippet",)),
    "correlation_profile": (accessor.search, "correlation_profile", ("snippet",)),
    "spectrum": (accessor.spectra, "spectrum", ()),
    "band_levels": (accessor.spectra, "band_levels", ()),
    "frequency_filter": (accessor.spectra, "frequency_filter", ()),
    "compress": (accessor.spectra, "compress", ()),
    "standardize": (accessor.whitening, "standardize", ()),
    "whiten": (accessor.whitening, "whiten", ()),
    "diffuse": (accessor, "diffuse", (1.0,)),
    "convolve_random": (accessor, "convolve_random", ("kernel", 3)),
}
FRAME_METHODS = {
    name: SERIES_METHODS[name] for name in ("convolve", "acf", "frequency_filter", "standardize")
} | {"decorrelate": (accessor.whitening, "decorrelate", ())}


def public_methods(cls):
    return {name for name in vars(cls) if not name.startswith("_")}


def test_every_method_is_tested():
    """The tables above name all methods there are."""
    assert public_methods(accessor.SeriesAccessor) == set(SERIES_METHODS) | {"apply_bank"}
    assert public_methods(accessor.FrameAccessor) == set(FRAME_METHODS) | {"apply_bank"}


@pytest.mark.parametrize("data", [pd.Series([1.0, 2, 4, 8]), pd.DataFrame({"a": [1.0, 2, 4, 8]})])
def test_banks_are_applied(data):
    """`apply_bank` is the bank's own `apply`, with its options."""
    bank = tsconv.KernelBank({"mean": tsconv.moving_average(3), "change": [1, -1]})
    result = data.tsconv.apply_bank(bank, boundary="nearest")
    pd.testing.assert_frame_equal(result, bank.apply(data, boundary="nearest"))


@pytest.mark.parametrize("name", SERIES_METHODS)
def test_series_methods_call_the_public_function(name, monkeypatch):
    """The method hands over the Series, its argument and its options, and returns the result."""
    module, function, arguments = SERIES_METHODS[name]
    assert getattr(module, function) is getattr(tsconv, function)
    spy = Mock(return_value="result")
    monkeypatch.setattr(module, function, spy)
    x = pd.Series([1.0, 2.0])
    assert getattr(x.tsconv, name)(*arguments, option=1) == "result"
    (data, *rest), options = spy.call_args
    assert data is x
    assert tuple(rest) == arguments
    assert options == {"option": 1}


@pytest.mark.parametrize("name", FRAME_METHODS)
def test_frame_methods_call_the_public_function(name, monkeypatch):
    """The method hands over the DataFrame, its argument and its options."""
    module, function, arguments = FRAME_METHODS[name]
    spy = Mock(return_value="result")
    monkeypatch.setattr(module, function, spy)
    x = pd.DataFrame({"a": [1.0, 2.0]})
    assert getattr(x.tsconv, name)(*arguments, option=1) == "result"
    (data, *rest), options = spy.call_args
    assert data is x
    assert tuple(rest) == arguments
    assert options == {"option": 1}


def test_text_is_refused_with_its_name():
    """A Series or a column of text has no accessor; the message says which."""
    with pytest.raises(AttributeError, match="series 'names' has dtype"):
        _ = pd.Series(["a"], name="names").tsconv
    with pytest.raises(AttributeError, match="column 'b' has dtype"):
        _ = pd.DataFrame({"a": [1], "b": ["x"]}).tsconv


def test_it_works_on_real_numbers():
    """The accessor gives what the function gives."""
    x = pd.Series([1, 2, 4, 8], dtype="Int64", name="x")
    kernel = tsconv.moving_average(3)
    pd.testing.assert_series_equal(x.tsconv.convolve(kernel), tsconv.convolve(x, kernel))


def test_the_accessor_shows_what_it_can_do():
    """Typed alone it lists its methods."""
    text = repr(pd.Series([1.0, 2.0]).tsconv)
    assert ".convolve()" in text
    assert ".fit_arima()" in text
    assert ".decorrelate()" in repr(pd.DataFrame({"a": [1.0]}).tsconv)
