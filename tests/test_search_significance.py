"""P-values mean what they say, and the tests behind them notice what they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from tsconv.search import find, profile
from tsconv.search import significance as sig
from tsconv.search.matches import _price
from tsconv.search.scan import View


@pytest.mark.parametrize("m", [5, 20, 200])
def test_one_lag_is_scipys_pearson_test(m: int) -> None:
    """The probability of one score is that of scipy.stats.pearsonr."""
    rng = np.random.default_rng(m)
    result = stats.pearsonr(rng.standard_normal(m), rng.standard_normal(m))
    assert sig.p_one_lag(abs(result.statistic), m, sides=2) == pytest.approx(result.pvalue)


def test_published_critical_value() -> None:
    """Fisher and Yates, table VII: r = 0.2732 is exceeded with 5 % for 50 degrees of freedom."""
    assert sig.score_needed(0.05, 52, 1, sides=2) == pytest.approx(0.2732, abs=5e-5)


@given(
    p=st.floats(1e-6, 0.5), size=st.floats(5, 1e6), n=st.integers(1, 10**8), sides=st.integers(1, 2)
)
def test_score_needed_is_the_inverse(p: float, size: float, n: int, sides: int) -> None:
    """The score that a probability needs has that probability."""
    score = sig.score_needed(p, size, n, sides=sides)
    # 1 - r**2 keeps digits while it is well above rounding.
    if 1 - score > 1e-6:
        p_one = sig.p_one_lag(score, size, sides=sides)
        assert sig.p_of_best(p_one, n) == pytest.approx(p, rel=1e-5)


def test_two_samples_prove_nothing() -> None:
    """A correlation of two numbers is always one."""
    assert sig.p_one_lag(1.0, 2, sides=2) == 1.0
    assert sig.score_needed(0.01, 2, 10, sides=2) == 1.0


def test_share_of_peaks_by_simulation() -> None:
    """Upward crossings of an autoregression are as frequent as the formula says."""
    rng = np.random.default_rng(1)
    rho, level = 0.9, 2.5
    x = lfilter([np.sqrt(1 - rho**2)], [1, -rho], rng.standard_normal(2_000_000))
    above = x >= level
    crossings = np.mean(above[1:] & ~above[:-1])
    expected = sig.share_of_peaks(stats.norm.sf(level), rho) * stats.norm.sf(level)
    # About 4,000 crossings: 1.6 % is one standard error.
    assert crossings == pytest.approx(expected, rel=0.06)


def test_burg_finds_the_autoregression() -> None:
    """From several stretches, the polynomial that made them; nothing for white noise."""
    rng = np.random.default_rng(2)
    poly = [1.0, -1.2, 0.6]
    stretches = [lfilter([1.0], poly, rng.standard_normal(6_000))[500:] for _ in range(4)]
    fitted = sig.ar_poly(stretches)
    assert fitted is not None
    np.testing.assert_allclose(fitted[:3], poly, atol=0.03)
    assert np.abs(fitted[3:]).max(initial=0) < 0.05
    assert sig.ar_poly([rng.standard_normal(5_000)]) is None
    assert sig.ar_poly([np.zeros(100)]) is None


@pytest.mark.parametrize(
    ("name", "white"),
    [("noise", True), ("uniform", True), ("walk", False), ("bursts", False), ("echo", False)],
)
def test_white_noise_is_recognised(name: str, white: bool) -> None:
    """Noise of even strength is white; colour, bursts and far echoes are not."""
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(8_000)
    series = {
        "noise": noise,
        "uniform": rng.random(8_000),
        "walk": np.cumsum(noise),
        "bursts": noise * (1 + 3 * (np.arange(8_000) // 500 % 2)),
        "echo": noise + 0.3 * np.roll(noise, 700),
    }[name]
    assert sig.is_white([series]) is white
    assert not sig.is_white([np.zeros(500)])
    assert not sig.is_white([noise[:10]])


def test_effective_size_of_two_autoregressions() -> None:
    """Bartlett: m (1 - ab) / (1 + ab) for two AR(1) with coefficients a and b."""
    lags = np.arange(200)
    size = sig.effective_size(100_000, 0.9**lags, 0.8**lags)
    assert size == pytest.approx(100_000 * (1 - 0.72) / (1 + 0.72), rel=1e-3)


def test_spread_of_scores_shows_the_effective_size() -> None:
    """A variance of 1/50 means 50, matches left out; what m explains means m."""
    rng = np.random.default_rng(4)
    scores = rng.standard_normal(20_000) / np.sqrt(50)
    scores[:20] = 0.999
    assert sig.size_from_scores(scores, 1_000) == pytest.approx(50, rel=0.05)
    assert sig.size_from_scores(scores, 50) == 50
    assert sig.size_from_scores(scores[:20], 77) == 77


def test_consistent_blocks_and_a_lucky_burst() -> None:
    """A snippet in noise agrees with itself everywhere; one shared spike proves nothing."""
    rng = np.random.default_rng(5)

    def unit(x: np.ndarray) -> np.ndarray:
        return (x - x.mean()) / np.sqrt(np.sum((x - x.mean()) ** 2))

    snippet = rng.standard_normal(1_000)
    window = snippet + rng.standard_normal(1_000)
    assert sig.p_consistent(unit(snippet), unit(window), 1_000, sides=2) < 1e-50
    spiky, other = rng.standard_normal((2, 1_000))
    spiky[500] = other[500] = 60
    assert float(unit(spiky) @ unit(other)) > 0.7
    assert sig.p_consistent(unit(spiky), unit(other), 1_000, sides=2) > 0.01


@pytest.mark.parametrize("colour", ["white", "coloured", "peak against white"])
def test_stated_false_alarms(colour: str) -> None:
    """Of 200 searches for what is not there, a stated 10 % comes true: never twice as often."""
    rng = np.random.default_rng(7)
    poly = {"white": [1.0], "coloured": [1.0, -0.9], "peak against white": [1.0, -1.8, 0.95]}
    hits = 0
    for _ in range(200):
        signal = lfilter([1.0], poly[colour], rng.standard_normal(1_200))[200:]
        snippet = rng.standard_normal(264)
        if colour == "coloured":
            snippet = lfilter([1.0], poly[colour], snippet)
        hits += len(find(signal, snippet[200:], false_alarm=0.1)) > 0
    # Binomial: 20 +- 4.2 where exact. Coloured searches pay for three looks and may be fewer.
    assert hits <= 33
    assert hits >= (1 if colour == "coloured" else 8)


def test_a_tone_under_noise_is_not_white() -> None:
    """A faint tone passes for white; but it agrees with the signal's everywhere, so nowhere."""
    rng = np.random.default_rng(10)
    tone = np.sin(0.3 * np.arange(60_000)) + 0.05 * rng.standard_normal(60_000)
    snippet = rng.standard_normal(4_000) + 0.25 * np.sin(0.3 * np.arange(4_000) + 1)
    assert sig.is_white([snippet])
    assert len(find(tone, snippet)) == 0
    assert len(find(tone, snippet, whiten=None)) == 0


def test_numpy_gives_the_same_as_the_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second opinion: scores without the extension equal those with it."""
    rng = np.random.default_rng(8)
    signal = rng.standard_normal(5_000) * np.where(np.arange(5_000) // 500 % 2, 1, 1e-5)
    signal[2_000:2_300] = 0.25
    for m in (3, 100, 3_000):
        template = profile.make_template(rng.standard_normal(m))
        compiled = profile.exact_scores(signal, template)
        energy, raw = profile.window_energy(signal, m)
        monkeypatch.setattr(profile, "_ncc", None)
        plain = profile.exact_scores(signal, template)
        again, other = profile.window_energy(signal, m)
        monkeypatch.undo()
        np.testing.assert_allclose(plain, compiled, atol=1e-9)
        # Where the energy has not cancelled in either; elsewhere the lag is done again anyway.
        sound = energy > 1e-4 * np.maximum(raw, other)
        np.testing.assert_allclose(again[sound], energy[sound], rtol=1e-9)


@given(kinds=st.lists(st.sampled_from(["exact", "short", "coloured"]), min_size=1, max_size=3))
def test_the_views_share_one_chance(kinds: list[str]) -> None:
    """Whatever the views, their shares make a whole; the surest law has seven tenths."""
    views = [View("none", None, 10.0, kind != "coloured", kind == "short") for kind in kinds]
    shares = np.array([1 / _price(views, view) for view in range(len(views))])
    assert shares.sum() == pytest.approx(1.0)
    best = min(kinds, key=["exact", "short", "coloured"].index)
    if len(set(kinds)) > 1:
        assert shares[np.array(kinds) == best].sum() == pytest.approx(0.7)
    else:
        assert np.ptp(shares) == 0
