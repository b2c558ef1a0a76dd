"""How often an absent snippet is 'found': `python tests/benchmarks/calibrate_search.py [trials]`.

Prints, for made signals of several colours and lengths, the share of searches with a p-value below
the stated false-alarm rate, with its standard error. Where signal or snippet is white the share
should be the stated one; elsewhere it may be smaller, never larger than twice.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.signal import lfilter

from tsconv.search import find

COLOURS = {
    "white": [1.0],
    "AR(1) 0.9": [1.0, -0.9],
    "AR(2) peak": [1.0, -1.8, 0.95],
    "pink-like": [1.0, -2.494956002, 2.017265875, -0.522189400],
    "random walk": [1.0, -0.9999],
}
CASES = [
    ("white", "white"),
    ("white", "AR(2) peak"),
    ("AR(2) peak", "white"),
    ("AR(1) 0.9", "AR(1) 0.9"),
    ("AR(2) peak", "AR(2) peak"),
    ("pink-like", "pink-like"),
    ("random walk", "random walk"),
]
RATES = (0.01, 0.05, 0.2)


def make(colour: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` samples of an autoregression past its start."""
    poly = COLOURS[colour]
    return lfilter([1.0], poly, rng.standard_normal(n + 2_000))[2_000:]


def shares(
    signal: str, snippet: str, whiten: str | None, n: int, m: int, trials: int
) -> list[float]:
    """Return the share of trials whose best p-value is below each rate."""
    rng = np.random.default_rng(1)
    best = []
    for _ in range(trials):
        table = find(make(signal, n, rng), make(snippet, m, rng), whiten=whiten, false_alarm=0.5)
        best.append(table["p_value"].min() if len(table) else 1.0)
    return [float(np.mean(np.array(best) < rate)) for rate in RATES]


def main() -> None:
    """Print the table."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"{trials} trials; standard error of a true 1 %: {(0.01 * 0.99 / trials) ** 0.5:.2%}")
    print(
        f"{'signal':12} {'snippet':12} {'whiten':8} {'n':>7} {'m':>5}",
        *(f"{r:>7.0%}" for r in RATES),
    )
    for n, m in ((4_096, 64), (32_768, 1_000)):
        for signal, snippet in CASES:
            for whiten in (None, "auto"):
                row = shares(signal, snippet, whiten, n, m, trials)
                print(
                    f"{signal:12} {snippet:12} {whiten!s:8} {n:>7} {m:>5}",
                    *(f"{share:>7.2%}" for share in row),
                    flush=True,
                )


if __name__ == "__main__":
    main()
