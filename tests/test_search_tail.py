"""Chance as a search itself shows it: cells of lags, and the tail of their best scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from scipy.signal import lfilter

from tsconv.search import find
from tsconv.search.tail import MIN_CELLS, N_NEEDED, Cells, Tail


@settings(max_examples=50)
@given(n_lags=st.integers(1, 90_000), seed=st.integers(0, 99), data=st.data())
def test_cells_do_not_depend_on_how_lags_arrive(
    n_lags: int, seed: int, data: st.DataObject
) -> None:
    """Whatever the stretches and their order, each cell holds the best of its lags."""
    rng = np.random.default_rng(seed)
    rated = rng.standard_normal(n_lags)
    rated[rng.random(n_lags) < 0.1] = np.nan
    cells = Cells(n_lags)
    cuts = data.draw(st.lists(st.integers(0, n_lags), max_size=5))
    edges = [0, *sorted(cuts), n_lags]
    for part in rng.permutation(len(edges) - 1):
        cells.add(edges[part], rated[edges[part] : edges[part + 1]])
    for number, best in enumerate(cells.best):
        inside = rated[number * cells.width : (number + 1) * cells.width]
        assert best == max([0.0, *inside[np.isfinite(inside)]])
    assert cells.best.size <= 2048


def chance(size: int, rng: np.random.Generator, n_cells: int = 2_000) -> np.ndarray:
    """Best of 300 chance correlations of `size` samples, for each cell."""
    share = special.betaincinv((size - 2) / 2, 0.5, -np.expm1(np.log(rng.random(n_cells)) / 300))
    return np.sqrt(1 - share)


@pytest.mark.parametrize("kind", ["even", "uneven", "few cells"])
def test_false_alarms_are_as_often_as_stated(kind: str) -> None:
    """The best cell of chance has p < 10 % in at most 10 % of searches, and not much less."""
    rng = np.random.default_rng(1)
    hits, trials = 0, 200
    for _ in range(trials):
        best = chance(200, rng, 150 if kind == "few cells" else 300)
        if kind == "uneven":  # a passage where fewer samples are independent
            best[:100] = chance(40, rng, 100)
        hits += Tail(best).p_of_best(float(best.max()), 1) < 0.1
    # Binomial: 20 +- 4.2; the price of ranks takes up to a fifth.
    assert 5 <= hits <= 33


def test_first_rank_is_an_f_test() -> None:
    """Against the second best cell, 5/4 of the F law of spacings: the published form."""
    rng = np.random.default_rng(2)
    best = chance(100, rng)
    u = -np.log1p(-np.square(np.sort(best)[::-1]))
    spacings = np.arange(1, 60) * (u[:59] - u[1:60])
    score = 0.9
    gap = (-np.log1p(-(score**2)) - u[1]) / spacings[1:51].mean()
    expected = 1.25 * stats.f.sf(gap, 2, 100)
    assert Tail(best).p_of_best(score, 1) == pytest.approx(expected, rel=1e-9)
    assert Tail(best).p_of_best(score, 3) == pytest.approx(3 * expected, rel=1e-9)


@pytest.mark.parametrize("n_matches", [1, 5])
def test_a_few_matches_do_not_hide_each_other(n_matches: int) -> None:
    """One match or five, equal or not, stand out from the chance level below them."""
    rng = np.random.default_rng(3)
    best = chance(200, rng)
    best[:n_matches] = np.linspace(0.8, 0.95, n_matches)
    tail = Tail(best)
    assert tail.p_of_best(0.8, 3) < 0.01
    assert tail.p_of_best(0.95, 3) <= tail.p_of_best(0.8, 3)
    assert tail.p_of_best(float(np.sort(best)[-n_matches - 1]), 3) > 0.5


def test_a_control_has_no_matches_to_hide_behind() -> None:
    """A control's best cell is exceeded in half of all searches, so its p-value is at most one."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        hits += Tail(chance(200, rng, 300)).p_above(float(chance(200, rng, 300).max()), 1) < 0.1
    assert hits <= 33  # binomial: 20 +- 4.2
    assert Tail(chance(200, rng)).p_above(0.8, 3) < 1e-3


def test_a_pattern_that_keeps_coming_back_is_found_each_time() -> None:
    """Three hundred calls in coloured noise, far more than the ranks that are looked at."""
    rng = np.random.default_rng(6)
    call = lfilter([1.0], [1.0, -0.9], rng.standard_normal(1_120))[1_000:]
    signal = lfilter([0.7], [1.0, -0.9], rng.standard_normal(62_000))[2_000:]
    places = 100 + 195 * np.arange(300) + rng.integers(0, 30, 300)
    for place in places:
        signal[place : place + call.size] += call
    table = find(signal, call)
    assert len(table) >= 290
    assert np.abs(np.sort(table["offset"])[:, np.newaxis] - places).min(axis=1).max() <= 1


def test_only_the_best_cells_matter() -> None:
    """What lies below the needed ranks may be anything lower: pruning need not know it."""
    rng = np.random.default_rng(4)
    best = chance(200, rng)
    cut = best.copy()
    cut[np.argsort(best)[: best.size - N_NEEDED]] = 0.0
    for score in (0.3, 0.5, 0.9):
        assert Tail(cut).p_of_best(score, 3) == Tail(best).p_of_best(score, 3)


def test_few_cells_say_nothing() -> None:
    """Below the least number of cells the probability is left to the models."""
    assert Tail(np.full(MIN_CELLS - 1, 0.1)).p_of_best(0.9, 1) == 0.0
    # Cells that are all alike are no evidence for the one that is equal to them.
    assert Tail(np.full(MIN_CELLS, 0.1)).p_of_best(0.1, 1) == 1.0
