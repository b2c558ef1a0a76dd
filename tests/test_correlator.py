"""Every engine gives the sums of the definition, within the bound that it states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv.correlator import Correlator, correlator, instructions, numerators

_core = correlator._core
ENGINES = instructions()
# Kinds and sizes that short tests can reach; None lets the cost decide.
PLANS = [
    ("direct", 0, 0, 1, 64),
    ("lanes", 5, 0, 2, 15),
    ("lanes", 7, 0, 3, 100),
    ("lanes", 10, 0, 64, 700),
    ("four-step", 5, 5, 10, 900),
    ("four-step", 4, 7, 10, 1_500),
    ("four-step", 7, 7, 1_000, 9_000),
]


def unit(rng: np.random.Generator, m: int) -> np.ndarray:
    """Return a snippet of unit norm that sums to zero, if it has more than one sample."""
    taps = rng.standard_normal(m)
    if m > 1:
        taps -= taps.mean()
    return taps / np.sqrt(taps @ taps)


def by_definition(x: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Sum over every window, by numpy's direct convolution in double precision."""
    return np.convolve(x, taps[::-1], mode="valid")


def windows_norm(x: np.ndarray) -> float:
    """Norm of a signal about its mean."""
    d = x.astype(float) - x.mean()
    return float(np.sqrt(d @ d))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("m", [2, 3, 30, 64, 65, 400, 3_000])
def test_numerators_equal_their_definition(engine: str, double: bool, m: int) -> None:
    """At every lag and for each snippet, within the bound of its block; also at a level of 1e6."""
    rng = np.random.default_rng(m)
    snippets = [unit(rng, m), unit(rng, max(2, m - 1))]
    for n, level in ((m, 0.0), (m + 1, 3.0), (2 * m + 777, 1e6), (6_000, 0.0)):
        for dtype in (np.float32, np.float64):
            x = (rng.standard_normal(n) + level).astype(dtype)
            for several in (snippets[:1], snippets):
                tool = Correlator(several, n - m + 1, double=double, engine=engine)
                values, bounds = tool.numerators(x)
                assert values.dtype == (np.float64 if double else np.float32)
                allowed = np.repeat(bounds, tool.block_lags)[: n - m + 1]
                for taps, got in zip(several, values, strict=True):
                    expected = by_definition(x.astype(float) - level, taps)[: got.size]
                    # What the level itself leaves: the snippet sums to zero up to rounding.
                    slack = 1e-6 if not double else 1e-9 * max(level, 1e-4)
                    direct = 2e-7 * np.abs(expected) if not double else 0.0
                    assert (np.abs(got - expected) <= allowed + slack + direct).all()


@pytest.mark.skipif(_core is None, reason="the core is not built here")
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "scipy"])
@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("plan", PLANS)
def test_every_kind_and_size_of_block(
    engine: str, double: bool, plan: tuple[str, int, int, int, int]
) -> None:
    """Shortest and longest snippets of each kind of block, over several stretches and a rest."""
    kind, lg1, lg2, *lengths = plan
    rng = np.random.default_rng(1)
    if (1 << lg1) < _core.lanes_of(engine, double=double) and kind != "direct":
        with pytest.raises(MemoryError, match="not possible"):
            _core.Plan(kind, lg1, lg2, 2, double=double, name=engine)
        return
    for m in lengths:
        tool = _core.Plan(kind, lg1, lg2, m, double=double, name=engine)
        n_lags = min(2 * tool.hop, 20_000) + 77
        x = rng.standard_normal(n_lags + m - 1)
        taps = [unit(rng, m), unit(rng, 1)]
        expected = np.array([np.convolve(x[: n_lags + t.size - 1], t[::-1], "valid") for t in taps])
        for several in (False, True):
            work = _core.Work(tool, several)
            spectra = [tool.spectrum(t, work) for t in taps[: 1 + several]]
            out = np.empty((1 + several, n_lags), np.float64 if double else np.float32)
            norms = np.empty(-(-n_lags // tool.block_lags))
            tool.numerators(x, spectra, work, out, norms)
            # A snippet of one sample does not sum to zero: the block's mean is missing.
            assert np.abs(out[0] - expected[0]).max() < (1e-13 if double else 6e-6) or m == 1


@given(
    n=st.integers(2, 400), m=st.integers(2, 80), scale=st.sampled_from([1e-6, 1.0, 1e6]),
    level=st.sampled_from([0.0, 1.0, -1e6]), double=st.booleans(),
    engine=st.sampled_from(ENGINES), seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_scale_and_level(
    n: int, m: int, scale: float, level: float, double: bool, engine: str, seed: int
) -> None:
    """Numerators scale with the signal and do not see its level."""
    rng = np.random.default_rng(seed)
    m = min(m, n)
    x, taps = rng.standard_normal(n), unit(rng, m)
    got = numerators(scale * (x + level), [taps], double=double, engine=engine)[0]
    expected = scale * by_definition(x, taps)
    size = scale * (windows_norm(x) * (1e-15 if double else 5e-7) + 1e-14 * abs(level))
    assert np.abs(got - expected).max() <= size * np.sqrt(m) + 1e-15 * scale


def test_a_block_beyond_single_precision_says_so() -> None:
    """Samples that overflow or vanish in single precision get an infinite bound."""
    rng = np.random.default_rng(2)
    x, taps = rng.standard_normal(3_000), unit(rng, 100)
    for engine in ENGINES:
        for scale, expected in ((1e25, True), (1e-25, True), (1.0, False)):
            _, bounds = Correlator([taps], 2_901, engine=engine).numerators(scale * x)
            assert np.isinf(bounds).all() == expected


def test_an_engine_that_is_not_there() -> None:
    """An unknown instruction set and a plan without room are refused."""
    if _core is None:
        pytest.skip("the core is not built here")
    with pytest.raises(ValueError, match="cannot run 'mmx'"):
        _core.Plan("lanes", 7, 0, 9, name="mmx")
    with pytest.raises(MemoryError, match="not possible"):
        _core.Plan("lanes", 7, 0, 200)
    with pytest.raises(ValueError, match="fewer than 4,194,304 samples"):
        correlator.choose(1 << 23, 10, 16)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_bound_holds_for_signals_that_are_no_noise(engine: str) -> None:
    """Tones, steps, spikes, chirps and fades, against snippets of each kind, stay below it."""
    rng = np.random.default_rng(3)
    n = 9_000
    t = np.arange(n)
    signals = {
        "noise": rng.standard_normal(n),
        "tone": np.sin(0.1 * t),
        "step": np.where(t < 5_000, 0.0, 1_000.0) + rng.standard_normal(n),
        "spike": rng.standard_normal(n) + 1e4 * (t == 4_321),
        "chirp": np.sin(1e-4 * t * t),
        "fade": rng.standard_normal(n) * np.exp(-t / 500),
        "walk": np.cumsum(rng.standard_normal(n)),
        "square": np.sign(np.sin(0.01 * t)),
    }
    for m in (70, 1_500):
        for x in signals.values():
            for source in (*signals.values(), (t == 10).astype(float)):
                taps = source[:m] - source[:m].mean()
                if not (norm := np.sqrt(taps @ taps)):
                    continue
                tool = Correlator([taps / norm], n - m + 1, engine=engine)
                values, bounds = tool.numerators(x)
                centred = x - x.mean()
                squares = np.convolve(centred**2, np.ones(m), "valid")
                allowed = np.repeat(bounds, tool.block_lags)[: values.shape[1]]
                error = np.abs(values[0] - by_definition(x, taps / norm))
                assert (error <= allowed + 2.4e-7 * np.sqrt(np.maximum(squares, 0))).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_bound_holds_for_spikes(engine: str) -> None:
    """Heavy tails against a spike, whose rounding stays together, stay below the bound."""
    for seed in (0, 2, 5, 26):
        rng = np.random.default_rng(seed)
        x = rng.standard_t(1.2, 30_000).astype(np.float32)
        taps = np.eye(1, 100, int(rng.integers(100)))[0] - 0.01
        taps /= np.sqrt(taps @ taps)
        tool = Correlator([taps], x.size - 99, engine=engine)
        values, bounds = tool.numerators(x)
        allowed = np.repeat(bounds, tool.block_lags)[: values.shape[1]]
        squares = np.convolve((x - float(x.mean())) ** 2.0, np.ones(100), "valid")
        error = np.abs(values[0] - by_definition(x.astype(float), taps))
        assert (error <= allowed + 2.4e-7 * np.sqrt(squares)).all()


def scores_by_definition(x: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Pearson correlation with every window, each about its own mean; 0 where it is constant."""
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), taps.size)
    d = windows - windows.mean(axis=1, keepdims=True)
    norms = np.sqrt(np.einsum("ij,ij->i", d, d))
    constant = np.ptp(windows, axis=1) == 0
    return np.where(constant, 0.0, d @ taps / np.where(norms > 0, norms, 1.0))


@pytest.mark.skipif(_core is None, reason="the core is not built here")
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "scipy"])
@pytest.mark.parametrize("m", [2, 15, 63, 64, 67, 250, 256, 257, 530, 2_049])
def test_scores_equal_their_definition(engine: str, m: int) -> None:
    """Norms of windows around each size at which their sums change, and what is left over."""
    rng = np.random.default_rng(m)
    taps = unit(rng, m)
    for n in (m, m + 1, m + 300, 3 * m + 1_111):
        x = np.cumsum(rng.standard_normal(n)) * 0.1 + rng.standard_normal(n) + 1e3
        x[n // 3 : n // 3 + min(n // 2, m + 5)] *= 1e-3
        x[n // 2 : n // 2 + m + 9] = 7.0
        for dtype in (np.float32, np.float64):
            for double in (False, True):
                samples = x.astype(dtype)
                tool = Correlator([taps], n - m + 1, double=double, engine=engine)
                scores = np.full(n - m + 1, np.nan)
                lost, ((lags, _),) = tool.plan.sift(
                    samples, scores.size, [(m, [(tool.spectra[0], 0.0, None, 1, None, None)])],
                    tool.own_work(), tolerance=1e-8 if double else 7e-7, energy_floor=1e-6,
                    epsilon=tool.bound_of_norm, wide=scores,
                )[0]  # fmt: skip
                again = np.union1d(lost, lags)
                scores[again] = _core.score_windows(samples, taps, again, name=engine)
                expected = scores_by_definition(samples, taps)
                np.testing.assert_allclose(scores, expected, atol=1e-8 if double else 1e-6)


@pytest.mark.skipif(_core is None, reason="the core is not built here")
@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "scipy"])
@pytest.mark.parametrize("scale", [5e-324, 1e-160, 1.0, 1e150])
def test_single_windows_are_scored_at_any_scale(engine: str, scale: float) -> None:
    """From the smallest numbers to the largest, and 0 for a constant window."""
    rng = np.random.default_rng(5)
    x = np.round(1e3 * rng.standard_normal(80))
    x[50:70] = 3.0
    taps = unit(rng, 11)
    lags = np.array([0, 7, 52, 69], np.int64)
    got = _core.score_windows(scale * x, taps, lags, name=engine)
    np.testing.assert_allclose(got, scores_by_definition(x, taps)[lags], atol=1e-12)
    assert got[2] == 0.0
    with pytest.raises(ValueError, match="inside the samples"):
        _core.score_windows(x, taps, np.array([70], np.int64), name=engine)


@pytest.mark.skipif(_core is None, reason="the core is not built here")
def test_work_may_outlive_its_plan() -> None:
    """A cycle that holds work and plan, as a traceback does, is collected without harm."""
    import gc

    for _ in range(20):
        tool = Correlator([unit(np.random.default_rng(0), 100)], 1_000)
        cycle: list[object] = [tool.work(), tool.plan, tool]
        cycle.append(cycle)
        del tool, cycle
        gc.collect()


@pytest.mark.skipif(_core is None, reason="the core is not built here")
@pytest.mark.parametrize("double", [False, True])
def test_half_of_a_long_spectrum_is_kept(double: bool) -> None:
    """A snippet is real, so its spectrum at negative frequencies mirrors that at positive ones."""
    plan = _core.Plan("four-step", 9, 9, 1_000, double=double)
    assert plan.spectrum_bytes < 0.54 * 2 ** (9 + 9) * (16 if double else 8)
