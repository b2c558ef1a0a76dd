"""Banks of kernels: features against single convolutions, panels, layers in and out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tsconv import (
    Kernel,
    KernelBank,
    arima_bank,
    arma,
    convolve,
    difference,
    gaussian,
    moving_average,
)
from tsconv.convolution.together import convolve_together


@pytest.fixture
def series(rng):
    """Return a daily series with a gap."""
    x = pd.Series(rng.normal(size=60).cumsum(), pd.date_range("2024-01-01", periods=60), name="x")
    x.iloc[40] = np.nan
    return x


def test_each_column_is_one_convolution(series):
    """`apply` gives what `convolve` gives for each kernel, whatever the options, plus the bias."""
    bank = KernelBank(
        {"level": moving_average(5), "noise": arma(ar=[0.5], ma=[0.4]).inverse(), "taps": [1, 2]},
        bias={"level": 2.0},
    )
    assert bank.names == ["level", "noise", "taps"]
    for options in ({}, {"boundary": "nearest"}, {"boundary": "zero", "missing": "interpolate"}):
        table = bank.apply(series, **options)
        assert table.index.equals(series.index)
        for name in bank:
            expected = convolve(series, bank[name], **options) + (2.0 if name == "level" else 0.0)
            np.testing.assert_array_equal(table[name], expected)


def test_several_series_side_by_side(series):
    """A DataFrame or a 2-D array gives columns (column, kernel)."""
    frame = pd.DataFrame({"a": series, "b": 2 * series})
    bank = KernelBank({"level": moving_average(3), "change": difference()})
    table = bank.apply(frame)
    assert table.columns.tolist() == [
        ("a", "level"),
        ("a", "change"),
        ("b", "level"),
        ("b", "change"),
    ]
    np.testing.assert_array_equal(table["b", "change"], convolve(2 * series, difference()))
    plain = bank.apply(frame.to_numpy())
    np.testing.assert_array_equal(plain.to_numpy(), table.to_numpy())
    assert bank.apply(series.to_numpy()).index.equals(pd.RangeIndex(60))


def test_channels_are_added_up(series):
    """A kernel for each of several columns: their outputs' sum, as a layer with inputs has it."""
    frame = pd.DataFrame({"a": series.fillna(0), "b": np.arange(60.0), "c": 1.0})
    bank = KernelBank({"sum": {"b": [1, -1], "a": moving_average(3)}}, bias={"sum": -1})
    assert bank.channels == ["b", "a"]
    expected = convolve(frame["b"], [1, -1]) + convolve(frame["a"], moving_average(3)) - 1
    np.testing.assert_allclose(bank.apply(frame)["sum"], expected)


def test_pooling_by_hand(series):
    """Each statistic of each window, missing outputs left out, as numpy gives it."""
    bank = KernelBank({"change": difference(), "level": moving_average(5)})
    outputs = bank.apply(series)
    table = bank.pool(series, window=13, step=10)
    assert table.index.equals(series.index[:48:10])
    for row, start in enumerate(range(0, 48, 10)):
        for name in bank:
            part = outputs[name].iloc[start : start + 13].dropna().to_numpy()
            found = table.iloc[row][name]
            assert found["mean"] == pytest.approx(part.mean())
            assert found["std"] == pytest.approx(part.std())
            assert found["energy"] == pytest.approx(np.mean(part**2))
            assert found["max"] == part.max()
            assert found["share_positive"] == np.mean(part > 0)
    whole = bank.pool(series, statistics="mean")
    assert whole.shape == (1, 2)
    assert whole.columns.names == ["kernel", "statistic"]
    assert bank.pool(series * np.nan).isna().all(axis=None)
    assert bank.pool(pd.DataFrame({"a": series})).columns[0] == ("a", "change", "mean")


def test_panels_in_long_form(rng):
    """Series of unequal length with their rows mixed: each as if it were alone."""
    lengths = {"b": 30, "a": 45, "d": 30, "c": 4}
    parts = [
        pd.DataFrame({"unique_id": name, "ds": np.arange(n), "y": rng.normal(size=n).cumsum()})
        for name, n in lengths.items()
    ]
    df = pd.concat(parts, ignore_index=True).sort_values("ds", kind="stable")
    bank = arima_bank(scales=[3, 9])
    table = bank.apply_panel(df)
    pooled = bank.pool_panel(df)
    assert table.index.equals(df.index)
    assert pooled.index.tolist() == ["b", "a", "d", "c"]
    for name in lengths:
        alone = df[df["unique_id"] == name].set_index("ds")["y"]
        expected = bank.apply(alone)
        found = table[table["unique_id"] == name].set_index("ds")[bank.names]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        np.testing.assert_allclose(pooled.loc[name], bank.pool(alone).iloc[0], rtol=1e-9)


@pytest.mark.parametrize("boundary", ["missing", "zero", "reflect", "mirror", "nearest", "wrap"])
def test_shared_transforms_change_nothing(rng, boundary):
    """Long kernels over one series give what each gives alone, wherever their origins lie."""
    x = rng.normal(size=30_000)
    kernels = {
        f"k{i}": Kernel(rng.normal(size=m), origin=origin)
        for i, (m, origin) in enumerate([(1000, 0), (900, 899), (1001, 500), (700, 30), (3, 1)])
    }
    given = list(kernels.values())
    shared = convolve_together(x, given, boundary)
    assert set(shared) == {0, 1, 2, 3}
    table = KernelBank(kernels, bias={"k1": 2.0}).apply(x, boundary=boundary)
    for i, (name, kernel) in enumerate(kernels.items()):
        alone = convolve(x, kernel, boundary=boundary, method="direct")
        bound = 1e-14 * np.abs(kernel.taps).sum() * np.abs(x).max()
        if i in shared:
            np.testing.assert_allclose(shared[i], alone, rtol=0, atol=bound)
        np.testing.assert_allclose(table[name] - 2.0 * (i == 1), alone, rtol=0, atol=bound)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e17])
def test_shared_transforms_keep_gaps_and_large_values_local(rng, value):
    """Where one transform would spread a value, each kernel is applied alone."""
    x = rng.normal(size=20_000)
    x[9_000] = value
    bank = KernelBank({"a": rng.normal(size=800), "b": rng.normal(size=700)})
    table = bank.apply(x, boundary="zero")
    for name in bank:
        alone = convolve(x, bank[name], boundary="zero", method="direct")
        far = np.abs(np.arange(x.size) - 9_000) > 800
        np.testing.assert_allclose(table[name][far], alone[far], rtol=0, atol=1e-9)


def test_rows_as_features(rng):
    """The classifier's way in equals `pool` of each row, in one window or several."""
    rows = rng.normal(size=(300, 40)).cumsum(axis=1)
    bank = arima_bank(scales=[5], period=7)
    features = bank.transform_rows(rows)
    whole = bank.pool(rows[17], boundary="nearest").to_numpy().ravel()
    np.testing.assert_allclose(features[17], whole, rtol=1e-9)
    halves = bank.transform_rows(rows, n_windows=2)
    expected = bank.pool(rows[299], window=20, boundary="nearest").to_numpy().ravel()
    np.testing.assert_allclose(halves[299], expected, rtol=1e-9)


def test_the_ready_bank():
    """On a line the slopes are its slope; residuals of a model are the noise it was made of."""
    line = pd.Series(3.0 + 0.5 * np.arange(100))
    bank = arima_bank(period=12)
    table = bank.apply(line)
    for width in (3, 9, 27):
        np.testing.assert_allclose(table[f"slope_{width}"].dropna(), 0.5)
        np.testing.assert_allclose(
            table[f"mean_{width}"].dropna(), line[table[f"mean_{width}"].notna()]
        )
        np.testing.assert_allclose(table[f"detail_{width}"].dropna(), 0, atol=1e-12)
    assert set(arima_bank(scales=[4]).apply(line)["slope_4"].dropna().round(12)) == {0.5}
    assert table["season_diff"].dropna().eq(6.0).all()
    np.testing.assert_allclose(table["season_diff_1"].dropna(), 0, atol=1e-12)
    noise = pd.Series(np.random.default_rng(1).normal(size=100))
    coloured = convolve(noise, arma(ar=[0.9, -0.81]), boundary="zero")
    np.testing.assert_allclose(bank.apply(coloured, boundary="zero")["ar_swing"], noise, atol=1e-9)


# ---------------------------------------------------------------------- layers


def layer(weight, bias, padding, x):
    """Slide the weights over the padded inputs, sum by sum."""
    padded = np.pad(x, ((0, 0), padding))
    n = padded.shape[1] - weight.shape[2] + 1
    return np.array(
        [
            [np.sum(w * padded[:, t : t + w.shape[1]]) + b for t in range(n)]
            for w, b in zip(weight, bias, strict=True)
        ]
    )


@pytest.fixture
def finite_bank():
    """Return kernels that look back, ahead, and only from afar."""
    return KernelBank(
        {
            "causal": [1.0, 0.4],
            "centred": gaussian(1.0),
            "late": Kernel([1.0, 2.0], origin=-3),
            "early": Kernel([1.0, -2.0], origin=6),
        },
        bias={"causal": 0.5},
    )


def test_a_bank_is_a_layer(rng, finite_bank):
    """The layer's sums are `apply` with zeros beyond the ends, output at its own time."""
    x = rng.normal(size=50)
    made = finite_bank.to_conv1d()
    expected = finite_bank.apply(x, boundary="zero").to_numpy().T
    np.testing.assert_allclose(layer(*made, x[None]), expected, atol=1e-13)


def test_layers_there_and_back(rng, finite_bank):
    """Weights read in give the same layer; kernels written out come back as they were."""
    made = finite_bank.to_conv1d()
    back = KernelBank.from_conv1d(
        made.weight, made.bias, padding=made.padding, names=finite_bank.names
    )
    again = back.to_conv1d()
    np.testing.assert_array_equal(again.weight, made.weight)
    np.testing.assert_array_equal(again.bias, made.bias)
    assert again.padding == made.padding
    assert back["late"] == finite_bank["late"]
    x = rng.normal(size=(3, 40))
    weight, bias = rng.normal(size=(4, 3, 5)), rng.normal(size=4)
    bank = KernelBank.from_conv1d(weight, bias, channels=["a", "b", "c"], dilation=2)
    outputs = bank.apply(pd.DataFrame(x.T, columns=["a", "b", "c"]), boundary="zero")
    spread = np.zeros((4, 3, 9))
    spread[:, :, ::2] = weight
    np.testing.assert_allclose(outputs.to_numpy().T, layer(spread, bias, (8, 0), x), atol=1e-12)
    np.testing.assert_array_equal(bank.to_conv1d().weight, spread)


def test_recursive_kernels_as_layers(rng):
    """Cut off after `n_taps` weights, and not without being told where."""
    bank = KernelBank({"x": arma(ar=[0.5])})
    with pytest.raises(ValueError, match="Give `n_taps`"):
        bank.to_conv1d()
    x = rng.normal(size=80)
    made = bank.to_conv1d(n_taps=60)
    np.testing.assert_allclose(
        layer(*made, x[None])[0], bank.apply(x, boundary="zero")["x"], atol=1e-12
    )


def test_equals_torch(rng, finite_bank):
    """``torch.nn.functional.conv1d`` with the weights handed over gives `apply`, to rounding."""
    torch = pytest.importorskip("torch")
    x = rng.normal(size=200)
    weight, bias, padding = finite_bank.to_conv1d()
    padded = torch.from_numpy(np.pad(x, padding))[None, None]
    found = torch.nn.functional.conv1d(padded, torch.from_numpy(weight), torch.from_numpy(bias))
    expected = finite_bank.apply(x, boundary="zero").to_numpy().T
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-12)
    net = torch.nn.Conv1d(2, 3, 5, padding=4, dilation=2, dtype=torch.float64)
    bank = KernelBank.from_conv1d(
        net.weight.detach().numpy(), net.bias.detach().numpy(), padding=4, dilation=2
    )
    both = rng.normal(size=(2, 100))
    with torch.no_grad():
        expected = net(torch.from_numpy(both)[None])[0].numpy()
    found = bank.apply(pd.DataFrame(both.T), boundary="zero").to_numpy().T
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_equals_onnxruntime(rng, finite_bank, tmp_path):
    """The model written to a file and run by onnxruntime gives `apply`, in single precision."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    finite_bank.to_onnx(tmp_path / "bank.onnx")
    session = runtime.InferenceSession(tmp_path / "bank.onnx", providers=["CPUExecutionProvider"])
    x = rng.normal(size=(5, 1, 70))
    (found,) = session.run(None, {"x": x.astype(np.float32)})
    for k in range(5):
        expected = finite_bank.apply(x[k, 0], boundary="zero").to_numpy().T
        np.testing.assert_allclose(found[k], expected, atol=2e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: KernelBank({}), TypeError, "at least one entry"),
        (lambda: KernelBank([1, 2]), TypeError, "a mapping of names"),
        (lambda: KernelBank({1: [1]}), TypeError, "must be text"),
        (lambda: KernelBank({"a": "b"}), TypeError, r"kernels\['a'\]"),
        (lambda: KernelBank({"a": {}}), ValueError, "at least one channel"),
        (lambda: KernelBank({"a": [1]}, bias={"b": 1}), ValueError, "must belong to kernels"),
        (lambda: KernelBank({"a": [1]}, bias={"a": np.nan}), ValueError, "must be finite"),
        (lambda: KernelBank({"a": {"x": [1]}}).apply([1, 2]), TypeError, "must be a DataFrame"),
        (
            lambda: KernelBank({"a": {"x": [1]}}).apply(pd.DataFrame({"y": [1]})),
            ValueError,
            "not found",
        ),
        (lambda: KernelBank({"a": [1]}).pool([1, 2], window=3), ValueError, "within the series"),
        (lambda: KernelBank({"a": [1]}).pool([1], statistics=["median"]), ValueError, "one of"),
        (lambda: KernelBank({"a": [1]}).pool([1], statistics=[]), ValueError, "at least one"),
        (lambda: KernelBank.from_conv1d([[1.0]]), ValueError, "shape"),
        (lambda: KernelBank.from_conv1d(np.ones((1, 1, 3)), padding=2), ValueError, "add up to"),
        (lambda: KernelBank.from_conv1d(np.ones((2, 1, 3)), [1.0]), ValueError, "2 elements"),
        (lambda: KernelBank.from_conv1d(np.ones((2, 1, 3)), names=["a"]), ValueError, "different"),
        (lambda: arima_bank(scales=[1]), ValueError, "at least 2"),
        (lambda: arima_bank(period=1), ValueError, "at least 2"),
        (
            lambda: KernelBank({"a": [1]}).apply_panel(pd.DataFrame({"y": [1]})),
            ValueError,
            "must have the columns",
        ),
        (
            lambda: KernelBank({"a": [1]}).apply_panel(
                pd.DataFrame({"unique_id": ["a", "a"], "ds": [2, 1], "y": [1, 2]})
            ),
            ValueError,
            "in the order of",
        ),
    ],
)
def test_bad_input(call, error, message):
    """Each mistake has its message."""
    with pytest.raises(error, match=message):
        call()
