"""The Python face of the correlation core, and the engine by scipy.fft beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.correlator.fallback import ScipyPlan, ScipyWork


def _compiled() -> Any:
    """Return the compiled core, or None where it is not built."""
    try:
        from tsconv.correlator import _core
    except ImportError:
        return None
    return _core


_core = _compiled()
_NAMES = ("avx512", "avx2", "base", "plain")

# ns per sample of a stretch, forward and back, by the exponent of the block's size; measured on one
# AVX-512 core. Only their proportions count.
_LANES_COST = {5: 1.4, 6: 1.4, 7: 1.55, 8: 1.7, 9: 1.75, 10: 1.7, 11: 1.7, 12: 1.75, 13: 2.1}
_FOUR_STEP_COST = {14: 2.4, 15: 2.6, 16: 2.7, 17: 3.2, 18: 3.7, 19: 4.1, 20: 4.4, 21: 5.3, 22: 6.3}
_DIRECT_COST = 0.12  # per tap and lag
_LONGEST_COLUMN = 9  # the four steps' columns have at most 2**9 numbers: a panel fits the cache
_LONGEST_FOUR_STEP = 22


def instructions() -> list[str]:
    """Return the instruction sets that this processor can run, the best first; then "scipy".

    Examples
    --------
    >>> from tsconv.correlator import instructions
    >>> "scipy" in instructions()
    True
    """
    able = [] if _core is None else [name for name in _NAMES if _core.lanes_of(name)]
    return [*able, "scipy"]


class Correlator:
    """Numerators of one or many snippets against a signal.

    Parameters
    ----------
    templates : sequence of ndarray, shape (m,)
        Snippets of unit norm that sum to zero.
    n_lags : int
        About how many lags will be wanted; blocks are not made longer than is good for these.
    longest : int, optional
        Room for the longest snippet, or a longer one: the blocks are those that it would have.
    double : bool, default False
        Double precision: twice the time, no bound to care about.
    engine : str, optional
        One of `instructions`; the best by default.
    several : bool, optional
        Whether spectra of the signal are kept for the next template: of several they are by
        default.

    Attributes
    ----------
    hop, span : int
        Lags of a stretch that is worked on at once, and the samples that it needs.
    block_lags : int
        Lags of a block; each block has a bound of its own.
    dtype : dtype
        Of the numerators.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv.correlator import Correlator
    >>> taps = np.array([-1.0, 2.0, -1.0]) / np.sqrt(6)
    >>> values, bounds = Correlator([taps], 4).numerators(np.array([0.0, 1, 0, 0, 2, 0]))
    >>> (values * np.sqrt(6)).round(4) + 0.0
    array([[ 2., -1., -2.,  4.]])
    """

    def __init__(
        self,
        templates: Sequence[FloatArray],
        n_lags: int,
        *,
        longest: int = 0,
        double: bool = False,
        engine: str | None = None,
        several: bool | None = None,
    ) -> None:
        self.longest = longest or max(taps.size for taps in templates)
        self.dtype: np.dtype[np.floating] = np.dtype(np.float64 if double else np.float32)
        self._eps = float(np.finfo(np.float64 if double else np.float32).eps)
        self._several = len(templates) > 1 if several is None else several
        if engine == "scipy" or _core is None:
            plan: Any = ScipyPlan(self.longest, n_lags, double=double)
        else:
            lanes = _core.lanes_of(engine, double=double)
            kind, lg1, lg2 = choose(self.longest, n_lags, lanes)
            plan = _core.Plan(kind, lg1, lg2, self.longest, double=double, name=engine)
        self.plan = plan
        self._exact = plan.kind == "direct"  # sums in double precision
        self.hop: int = plan.hop
        self.span: int = plan.span
        self.block_lags: int = plan.block_lags
        work = self.work()
        self.spectra: list[Any] = [
            plan.spectrum(np.ascontiguousarray(taps, np.float64), work) for taps in templates
        ]
        self._work = work

    def own_work(self) -> Any:
        """Return the memory of the thread that made this."""
        return self._work

    @property
    def bound_of_norm(self) -> float:
        """Bound of the numerators' error, over the norm of their block."""
        return 2 * self._eps * float(self.plan.share)

    def work(self) -> Any:
        """Return memory for one more thread."""
        if isinstance(self.plan, ScipyPlan):
            return ScipyWork(self.plan, self._several)
        return _core.Work(self.plan, self._several)

    def numerators(
        self, x: NDArray[np.floating], *, work: Any = None
    ) -> tuple[NDArray[np.floating], FloatArray]:
        """Return numerators at every lag, and the bound of their error in each block.

        Parameters
        ----------
        x : ndarray of float32 or float64, shape (n,)
            Finite samples.
        work : object, optional
            From `work`, if several threads call this.

        Returns
        -------
        values : ndarray, shape (n_templates, n - longest + 1)
        bounds : ndarray, shape (n_blocks,)
            For lags ``b * block_lags`` and on. Of a block whose samples overflow or vanish in
            single precision it is infinite.
        """
        n_lags = x.size - self.longest + 1
        values = np.empty((len(self.spectra), n_lags), self.dtype)
        norms = np.empty(-(-n_lags // self.block_lags))
        self.plan.numerators(x, self.spectra, self._work if work is None else work, values, norms)
        return values, self.bounds(norms)

    def bounds(self, norms: FloatArray) -> FloatArray:
        """Turn norms of blocks about their centres into bounds of the numerators' errors."""
        out = self.bound_of_norm * norms
        if self.dtype == np.float32 and not self._exact:
            out[~((norms > 1e-15) & (norms < 1e15))] = np.inf
        return out


def numerators(
    x: NDArray[np.floating],
    templates: Sequence[FloatArray],
    *,
    double: bool = False,
    engine: str | None = None,
) -> NDArray[np.floating]:
    """Return ``sum(taps * x[l:l + m])`` at every lag l for each template, which sums to zero.

    Parameters and result as of `Correlator`; x is float32 or float64 and finite.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv.correlator import numerators
    >>> numerators(np.array([1.0, 2.0, 4.0, 8.0]), [np.array([-1.0, 1.0])], double=True)
    array([[1., 2., 4.]])
    """
    longest = max(taps.size for taps in templates)
    correlator = Correlator(templates, x.size - longest + 1, double=double, engine=engine)
    return correlator.numerators(x)[0]


def choose(longest: int, n_lags: int, lanes: int) -> tuple[str, int, int]:
    """Return kind and exponents of the blocks that cost least: by whole stretches of them."""
    costs: dict[tuple[str, int, int], float] = {}
    if longest <= 64:
        costs["direct", 0, 0] = _DIRECT_COST * longest * n_lags
    smallest = max(longest, lanes, 32)
    for lg in range(int(np.ceil(np.log2(smallest))), _LONGEST_FOUR_STEP + 1):
        lags = ((1 << lg) - longest + 1) // lanes * lanes
        if lags <= 0:
            continue
        if lg in _LANES_COST:
            stretches = -(-n_lags // (2 * lanes * lags))
            costs["lanes", lg, 0] = stretches * 2 * lanes * 2.0**lg * _LANES_COST[lg]
        if lg in _FOUR_STEP_COST:
            stretches = -(-n_lags // (2 * lags))
            lg1 = min(lg // 2, _LONGEST_COLUMN)
            costs["four-step", lg1, lg - lg1] = stretches * 2 * 2.0**lg * _FOUR_STEP_COST[lg]
    if not costs:
        raise ValueError(
            f"A snippet must have fewer than {1 << _LONGEST_FOUR_STEP:,} samples here; got"
            f" {longest:,}. Correlate its pieces and add."
        )
    return min(costs, key=lambda key: costs[key])
