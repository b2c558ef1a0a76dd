"""The bound of scores from the lower rate: it holds for any signal, term by term."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsconv.search import bound as bounds
from tsconv.search import lower as lowers
from tsconv.search.blocks import open_signal
from tsconv.search.bound import low_template, score_bound
from tsconv.search.lowpass import HALF_TAPS, REACH, STEPS, decimate, low_pass
from tsconv.search.profile import exact_scores, make_template

KINDS = ("music", "tones", "impulses", "noise", "steps", "silence", "trend", "high")


def signal(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Make a signal of one kind that is hard on some term of the bound."""
    t = np.arange(n)
    if kind == "music":
        tones = rng.uniform(0.001, 0.05, (6, 1))
        swell = np.repeat(rng.random((6, n // 500 + 1)) ** 3, 500, axis=1)[:, :n]
        return (swell * np.sin(2 * np.pi * tones * t)).sum(axis=0) + 0.01 * rng.standard_normal(n)
    if kind == "tones":
        # Anywhere, the stop band and its edge included.
        return np.sin(2 * np.pi * rng.uniform(0, 0.5) * t) + 0.3 * np.sin(
            2 * np.pi * rng.choice([1 / 64, 1 / 32, 1 / 16, 1 / 8, 3 / 16]) * t
        )
    if kind == "impulses":
        x = np.zeros(n)
        x[rng.integers(0, n, 1 + n // 2_000)] = rng.standard_normal(1 + n // 2_000) * 100
        return x
    if kind == "noise":
        return rng.standard_normal(n)
    if kind == "steps":
        return np.repeat(rng.standard_normal(n // 700 + 1) * 10.0 ** rng.integers(-4, 5), 700)[:n]
    if kind == "silence":
        x = np.cumsum(rng.standard_normal(n))
        x[n // 4 : n // 2] = x[n // 4]
        return x
    if kind == "trend":
        return 1e4 * t / n + np.cumsum(rng.standard_normal(n))
    return np.cumsum(rng.standard_normal(n)) * (-1.0) ** t


@given(
    kind=st.sampled_from(KINDS),
    query=st.sampled_from(["part", "noisy", "other", "impulse"]),
    step=st.sampled_from(STEPS),
    m=st.integers(40, 2_000),
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
)
@settings(max_examples=60, deadline=None)
def test_no_score_exceeds_the_bound(
    kind: str, query: str, step: int, m: int, seed: int, scale: float
) -> None:
    """At every lag, for signals that are hard on each term, and snippets of all kinds."""
    rng = np.random.default_rng(seed)
    x = scale * signal(kind, 4_000, rng)
    start = int(rng.integers(0, x.size - m))
    part = x[start : start + m]
    if query == "noisy":
        part = part + rng.standard_normal(m) * (np.std(part) + scale)
    elif query == "other":
        part = np.cumsum(rng.standard_normal(m))
    elif query == "impulse":
        part = np.eye(1, m, int(rng.integers(m)))[0]
    if part.min() == part.max():
        part = part + np.arange(m)
    template = make_template(part)
    scores = np.abs(exact_scores(x, template))
    assert np.all(scores <= score_bound(x, template, step) + 1e-9)


@pytest.mark.parametrize("step", [4, 8])
@pytest.mark.parametrize("kind", ["noise", "high", "music"])
def test_the_bound_is_near_where_a_snippet_was_cut(kind: str, step: int) -> None:
    """There high parts agree too, so nothing of what they may add can be spared."""
    rng = np.random.default_rng(1)
    x = signal(kind, 9_000, rng)
    template = make_template(x[3_000:7_000])
    assert 1 <= score_bound(x, template, step)[3_000] < 1.1


@pytest.mark.parametrize("step", STEPS)
def test_the_response_never_exceeds_one(step: int) -> None:
    """|G| <= 1 everywhere, and in the stop band it is what kappa says, on an independent grid."""
    low = low_pass(step)
    q = low.taps.size // 2
    grid = np.linspace(0, 0.5, 4_001)
    waves = np.cos(2 * np.pi * grid[:, np.newaxis] * np.arange(1, q + 1))
    response = low.taps[q] + 2 * waves @ low.taps[q + 1 :]
    assert np.abs(response).max() <= 1
    assert low.gain == pytest.approx(response[0])
    delta = np.abs(response[grid >= 0.5 / step]).max()
    assert delta * np.sqrt(step - 1) <= low.kappa <= 2 * delta * np.sqrt(step - 1)


@pytest.mark.parametrize("step", STEPS)
def test_a_wave_is_interpolated_as_well_as_eta_says(step: int) -> None:
    """For waves of any frequency, weighted by the response; eta is no more than twice the worst."""
    low = low_pass(step)
    q = low.taps.size // 2
    worst = 0.0
    for frequency in np.linspace(0, 0.5, 701):
        waves = np.cos(2 * np.pi * frequency * np.arange(1, q + 1))
        gain = float(low.taps[q] + 2 * waves @ low.taps[q + 1 :])
        grid = np.exp(2j * np.pi * frequency * step * np.arange(1 - REACH, REACH + 1))
        between = np.exp(2j * np.pi * frequency * np.arange(step))
        worst = max(worst, gain**2 * float(np.abs(between - low.weights @ grid).max()))
    assert worst <= low.eta <= 2 * worst


@given(seed=st.integers(0, 2**32 - 1), step=st.sampled_from(STEPS), colour=st.floats(-0.99, 0.99))
@settings(max_examples=25, deadline=None)
def test_sampled_products_miss_no_more_than_the_aliases(
    seed: int, step: int, colour: float
) -> None:
    """Term 2: D times the sum of every D-th product, against the sum of all products."""
    from scipy.signal import fftconvolve, lfilter

    low = low_pass(step)
    rng = np.random.default_rng(seed)
    padding = np.zeros(4 * HALF_TAPS * step)
    u, v = (
        np.concatenate((padding, lfilter([1], [1, -colour], rng.standard_normal(2_048)), padding))
        for _ in range(2)
    )
    low_u, low_v = (fftconvolve(x, low.taps, "same") for x in (u, v))
    high_u, high_v = (
        np.sqrt(max(np.sum(x * x) - np.sum(y * y), 0)) for x, y in ((u, low_u), (v, low_v))
    )
    gap = abs(step * np.sum(low_u[::step] * low_v[::step]) - np.sum(low_u * low_v))
    alias = low.kappa * (
        np.linalg.norm(u) * high_v + high_u * np.linalg.norm(v) + low.kappa * high_u * high_v
    )
    assert gap <= alias + 1e-9 * np.linalg.norm(u) * np.linalg.norm(v)
    # Term 3: the norm above the cut is bounded from the samples alone.
    sampled = step * np.sum(np.square(low_u[::step]))
    bounded = bounds.high_band(np.sum(np.square(u)), sampled, low.kappa)
    assert high_u <= bounded * (1 + 1e-9)


@pytest.mark.parametrize("step", STEPS)
def test_what_the_filter_takes_from_a_template_is_bounded(step: int) -> None:
    """h_s is at least the norm of the complement, and near it."""
    rng = np.random.default_rng(3)
    low = low_pass(step)
    template = make_template(np.cumsum(rng.standard_normal(3_001)))
    smooth = np.convolve(template.taps, low.taps)
    high = np.sqrt(1 - smooth @ smooth)
    plain, fast = low_template(template, low), lowers.lowered_template(template, low)
    assert high <= plain.high <= high + 3 * low.kappa
    assert high <= fast.high <= high + 3 * low.kappa
    np.testing.assert_allclose(fast.taps, plain.taps, atol=1e-6 * np.abs(plain.taps).max())
    # The taps are the filtered template at every D-th sample from q before it on, less their mean.
    expected = step * np.convolve(template.taps, low.taps)[::step][: plain.taps.size]
    np.testing.assert_allclose(plain.taps, expected - expected.mean(), atol=1e-12)


def stream(x: np.ndarray, step: int, width: int, centre: float, stop: int) -> lowers.Lowered:
    """Return a signal at a lower rate, up to a block."""
    with open_signal(x) as source:
        lowered = lowers.Lowered(source, low_pass(step), width, centre)
        lowered.need(0, stop)
    return lowered


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("step", "width"), [(4, 4), (4, 16), (8, 2), (8, 8), (16, 1), (32, 4)])
def test_compiled_and_plain_lower_rates_agree(step: int, width: int, dtype: type) -> None:
    """Low-passed samples to the rounding that the bound allows for; sums to double precision."""
    rng = np.random.default_rng(4)
    low = low_pass(step)
    x = rng.standard_normal(20_000).astype(dtype)
    x[777] = np.nan
    fast = stream(x, step, width, 0.25, 400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowers, "_lower", None)
        plain = stream(x, step, width, 0.25, 400)
    count = x.size // step
    error = np.linalg.norm(fast.filtered[:count].astype(float) - plain.filtered[:count])
    assert error * np.sqrt(step) <= 2 * low.rounding * np.linalg.norm(np.nan_to_num(x))
    for row, tolerance in enumerate((1e-12, 1e-12, 1e-5, 1e-5)):
        pair = (of.groups[row, : count // width] for of in (fast, plain))
        np.testing.assert_allclose(*pair, atol=tolerance)


@pytest.mark.parametrize("n", [700, 65_536, 150_001])
def test_the_stream_is_the_signal_at_once(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Low-passed samples and sums do not depend on the pieces in which the signal is read."""
    monkeypatch.setattr(lowers, "_PIECE", 1 << 15)
    rng = np.random.default_rng(5)
    low, width = low_pass(8), 4
    x = rng.standard_normal(n)
    x[n // 3] = np.nan
    with open_signal(x) as source:
        lowered = lowers.Lowered(source, low, width, 0.5)
        lowered.need(0, 40)
        lowered.need(18, 30 + lowered.lead + n // 8)
    whole = np.zeros((n // 32 + 20 + lowered.lead) * 32)
    whole[8 * lowered.lead : 8 * lowered.lead + n] = np.nan_to_num(x - 0.5)
    count = (lowered.lead + n // 8 + 13) // width * width
    assert lowered.first == 16
    expected = decimate(whole, low)[16 : 16 + count]
    np.testing.assert_allclose(lowered.filtered[:count], expected, atol=1e-5)
    parts = whole.reshape(-1, 8 * width)[16 // width :][: count // width]
    np.testing.assert_allclose(lowered.groups[0, : count // width], parts.sum(axis=1), atol=1e-5)
    low_parts = expected.reshape(-1, width)
    np.testing.assert_allclose(
        lowered.groups[3, : count // width], np.square(low_parts).sum(axis=1), atol=1e-5
    )


def test_what_is_infinite_is_refused() -> None:
    """With its position in the signal, as everywhere."""
    x = np.zeros(5_000, np.float32)
    x[4_321] = np.inf
    with pytest.raises(ValueError, match="position 4321"):
        stream(x, 8, 2, 0.0, 700)


@pytest.mark.parametrize("width", [2, 4, 16])
@pytest.mark.parametrize("m", [20, 400, 3_000])
def test_compiled_and_plain_descriptions_of_windows_agree(width: int, m: int) -> None:
    """Both describe the same windows, short ones with no group inside all of them included."""
    rng = np.random.default_rng(7)
    x = np.cumsum(rng.standard_normal(9_000)) + 50
    lowered = stream(x, 8, width, 40.0, 1_800)
    fast = lowers.windows_of(lowered, 5 * width, m, 40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lowers, "_lower", None)
        plain = lowers.windows_of(lowered, 5 * width, m, 40)
    # The plain sums are differences of running ones, with digits of the whole.
    spare = 1e-11 * lowered.groups[1].sum()
    for name in ("least", "about", "high", "norm"):
        ours, other = (np.square(getattr(of, name)) for of in (fast, plain))
        np.testing.assert_allclose(ours, other, rtol=1e-6, atol=spare)


@pytest.mark.parametrize("width", [2, 16])
def test_descriptions_of_windows_hold(width: int) -> None:
    """Every window that begins in a group has the energy stated, or more; its stretch no more."""
    rng = np.random.default_rng(8)
    m = 700
    x = np.cumsum(rng.standard_normal(6_000))
    lowered = stream(x, 8, width, 0.0, 1_400)
    n_groups = (x.size - m) // (8 * width)
    described = lowers.windows_of(lowered, 0, m, n_groups)
    windows = np.lib.stride_tricks.sliding_window_view(x, m)
    energy = np.square(windows - windows.mean(axis=1, keepdims=True)).sum(axis=1)
    energy = energy[: n_groups * 8 * width].reshape(n_groups, -1)
    assert np.all(np.sqrt(energy.min(axis=1)) >= described.least)
    assert np.all(np.sqrt(energy.max(axis=1)) <= described.about)
    assert np.median(described.least / np.sqrt(energy.min(axis=1))) > 0.5
