r"""An upper bound of the score at every lag, from low-passed samples taken at a lower rate.

Music and most recordings have nearly all of their energy at low frequencies. So the correlation is
computed there only, at every D-th lag, and what the rest could add at most is bounded. Lags whose
bound stays below the score that counts need no correlation at full rate. The bound holds for any
signal and any snippet; when it is useless, it says so by being large.

Notes
-----
**Setting.** The template s has m samples, sum 0 and norm 1; the score at lag l is :math:`r(l) =
N(l) / \sqrt{M_2(l)}`, with :math:`N(l) = \langle x, s_l \rangle`, :math:`s_l` the template moved to
l, :math:`M_2` the window's energy about its mean. Let g be a symmetric filter of 2q + 1 taps with a
real frequency response :math:`|G(f)| \le 1`, and :math:`|G(f)| \le \delta` for :math:`|f| \ge
1/2D`. q is a multiple of D.

**One stretch for each cell.** The D lags from kD on are a cell. All that follows uses one finite
stretch of the signal, :math:`u = x - c` on [a, b) and 0 elsewhere, with any constant c (here: the
mean of the stretch), since the template's sum is 0. [a, b) begins :math:`2q + (T-1)D` before the
cell and ends as far behind its last window, so that :math:`y = g * u` is known on the core [a + q,
b - q), which contains all samples of :math:`z_l = g * s_l` for the lags of the grid nearby. Outside
the signal, x may be anything: it is c.

1. **Power complement.** With :math:`|H|^2 = 1 - G^2` and Parseval,
   :math:`N(l) = \langle g*u, g*s_l \rangle + \langle h*u, h*s_l \rangle`, and by Cauchy and Schwarz
   the second is at most :math:`h_u h_s`, where :math:`h_u^2 = \lVert u \rVert^2 - \lVert g*u
   \rVert^2` and :math:`h_s^2 = 1 - \lVert g*s \rVert^2`. The first is :math:`c_L(l)`.

2. **Sampling every D-th product** adds the aliases: for any finite u, v,
   :math:`D \sum_k (g*u)[kD] (g*v)[kD] - \langle g*u, g*v \rangle = \sum_{a=1}^{D-1} \int G(f) U(f)
   \overline{G V (f - a/D)} df`. Of f and f - a/D at most one lies in the base band :math:`|f| <
   1/2D`. Cauchy and Schwarz over a and f give, with :math:`u_o` the norm of U outside the base
   band, at most :math:`\delta \sqrt{D-1} (\lVert u \rVert v_o + u_o \lVert v \rVert) + \delta^2
   (D-1) u_o v_o`. Outside, :math:`1 - G^2 \ge 1 - \delta^2`, so :math:`u_o \le h_u /
   \sqrt{1-\delta^2}`. With :math:`\kappa = \delta \sqrt{D-1} / \sqrt{1-\delta^2}`,

   .. math:: \text{alias}(u, v) \le \kappa (\lVert u \rVert h_v + h_u \lVert v \rVert)
      + \kappa^2 h_u h_v

3. **Energies.** With :math:`A = D \sum_k (g*v)[kD]^2` (a part of the sum makes it smaller, which is
   safe), 2. with u = v gives :math:`h^2 \le E - A + 2 \kappa \sqrt{E} h + \kappa^2 h^2`, E the
   energy, and h is at most the larger root of this quadratic, `high_band`. For the signal, A is the
   sum over the core; for the snippet, E = 1 and all samples.

4. **Coarse correlation.** :math:`D \sum_j y[(k+j)D] z[jD]` differs from :math:`c_L(kD)` by at most
   alias(u, s). The K samples of z would sum to 0 without aliases; :math:`\hat c` uses them less
   their mean :math:`\bar z`, so that no level of y counts, and what this takes away is at most
   :math:`D |\bar z| \sqrt{K \sum y^2} \le 1.01 \sqrt{DK}\, |\bar z| \lVert u \rVert` by Cauchy and
   Schwarz and 2.

5. **Between the grid's lags.** For :math:`l = kD + \tau`,
   :math:`c_L(l) = \int G^2 U \bar S e^{2 \pi i f l} df`, so interpolation with any weights errs by
   at most :math:`\eta \sqrt{E}`, :math:`\eta = \max_{f,\tau} G(f)^2 |1 - \sum_j w_j(\tau)
   e^{2 \pi i f (jD - \tau)}|`, j = 1 - T to T. Weights here are least squares for this integrand.
   With :math:`\Lambda = \max_\tau \sum_j |w_j(\tau)|`, errors on the grid grow at most so much.

6. **Rounding.** Samples, taps, coarse samples and correlations in single precision err by at most
   :math:`\epsilon \sqrt{E_0}`, :math:`E_0` the energy before c is taken away; see `rounding`.

Together, for every lag of the cell,

.. math:: |N(l)| \le \Bigl| \sum_j w_j \hat c(k+j) \Bigr| + \underbrace{h_u h_s + \Lambda\,
   [\text{alias}(u, s) + 1.01 \sqrt{DK}\,
   |\bar z| \sqrt{E}] + \eta \sqrt{E} + \Lambda \epsilon
   \sqrt{E_0}}_{\text{slack}}

and :math:`M_2(l)` is at least the energy about their mean of the samples common to all windows of
the cell. A first look replaces the interpolated value by :math:`\Lambda \max_j |\hat c(k+j)|`.

`score_bound` is this in numpy, for every lag. :mod:`tsconv.search.pruning` applies it to streams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray
from tsconv.search.lowpass import HALF_TAPS, REACH, LowPass, decimate, low_pass
from tsconv.search.profile import Template, power

_EPS32 = float(np.finfo(np.float32).eps) / 2
_EPS64 = float(np.finfo(np.float64).eps) / 2


@dataclass(frozen=True)
class LowTemplate:
    """A template at the lower rate, and what the bound must know of it.

    Attributes
    ----------
    taps : ndarray, shape (K,)
        D (g * s) at every D-th sample, from q before the template on, less their mean.
    size : int
        Number of samples m of the template itself.
    high : float
        Bound of h_s, the norm of what the filter takes away from the template.
    mean : float
        Bound of what the mean that was taken away contributes, relative to the norm of u.
    """

    taps: FloatArray
    size: int
    high: float
    mean: float


def low_template(template: Template, low: LowPass) -> LowTemplate:
    """Filter a template and keep every D-th sample, in double precision."""
    return describe_template(decimate(pad_template(template, low), low), template.size, low)


def pad_template(template: Template, low: LowPass) -> FloatArray:
    """Put q zeros before a template, and behind it as many as the filter spreads it, or more."""
    reach = HALF_TAPS * low.step
    n_blocks = (template.size - 1 + 2 * reach) // low.step + 1
    padded = np.zeros(n_blocks * low.step)
    padded[reach : reach + template.size] = template.taps
    return padded


def describe_template(sampled: FloatArray, size: int, low: LowPass) -> LowTemplate:
    """Bound what the filter took away; `sampled` may be rounded as `low.rounding` says."""
    kept = float(np.sqrt(low.step * power(sampled))) - low.rounding
    high = float(high_band(1.0, kept * kept * (1 - 1e-12), low.kappa))
    taps = low.step * sampled
    mean = 1.01 * abs(float(taps.sum())) / np.sqrt(low.step * taps.size)
    return LowTemplate(taps - taps.mean(), size, min(high, 1.0), float(mean))


def high_band(energy: FloatArray | float, sampled: FloatArray | float, kappa: float) -> FloatArray:
    """Bound of the norm that the filter takes away, from energies of all and of what is sampled.

    The larger root of ``(1 - kappa^2) h^2 - 2 kappa sqrt(E) h - (E - A) = 0``.
    """
    scale = 1 - kappa**2
    half = kappa * np.sqrt(energy)
    rest = np.maximum(energy - sampled, 0.0)
    return np.asarray((half + np.sqrt(half * half + scale * rest)) / scale)


@dataclass(frozen=True)
class Windows:
    """What is known of the windows of groups of cells, whatever the template.

    Attributes
    ----------
    least : ndarray, shape (n_groups,)
        Lower bound of the norm of every window about its mean.
    about, high, norm : ndarray, shape (n_groups,)
        Norm of the stretch u, bound of h_u, and norm before c was taken away.
    rows : ndarray, shape (4 or more, n_groups), optional
        All these as one array, where they are held so.
    """

    least: FloatArray
    about: FloatArray
    high: FloatArray
    norm: FloatArray
    rows: FloatArray | None = None

    def slack(self, template: LowTemplate, low: LowPass, error: float = 0.0) -> FloatArray:
        """Bound what the low band does not see, and errors; `error` is that of coarse ones."""
        base, of_about, of_high, of_norm = slack_weights(template, low, error)
        return np.asarray(base + of_about * self.about + of_high * self.high + of_norm * self.norm)


def slack_weights(template: LowTemplate, low: LowPass, error: float = 0.0) -> FloatArray:
    """Weights of 1, `about`, `high` and `norm` of the windows in the slack, shape (4,)."""
    return np.array(
        [
            low.growth * error,
            low.eta + low.growth * (low.kappa * template.high + template.mean),
            template.high + low.growth * low.kappa * (1 + low.kappa * template.high),
            low.growth * 2.02 * low.rounding + _EPS32,
        ]
    )


@dataclass(frozen=True)
class Spans:
    """How many groups of `width` cells the parts of windows of m samples have.

    Attributes
    ----------
    inner : int
        Common to all windows that begin in one group; the first is the one behind it.
    lead : int
        By how many a stretch begins before that in which its windows begin.
    length : int
        Of a stretch.
    rim : int
        At either end of a stretch where the filter sees what lies outside.
    """

    inner: int
    lead: int
    length: int
    rim: int


def spans(m: int, low: LowPass, width: int) -> Spans:
    """Return the groups that hold all, or lie inside."""
    lead = -(-low.before // width)
    last = width - 1 + low.behind - (-m // low.step)
    return Spans(m // (width * low.step) - 1, lead, lead - (-last // width), -(-HALF_TAPS // width))


def describe_windows(
    groups: FloatArray, m: int, low: LowPass, *, width: int, first: int, n_groups: int
) -> Windows:
    """Describe windows of m samples that begin in groups of `width` cells, from group `first` on.

    Parameters
    ----------
    groups : ndarray, shape (4, any)
        Of each group: sum and sum of squares of its samples, and the same of its low-passed ones.
    """
    step, parts = low.step, spans(m, low, width)
    totals = [_running(row) for row in groups]
    # Rounding of a difference of running sums, relative to the last of them.
    spare = 4 * (groups.shape[1] + width * step) * _EPS64
    starts = first + np.arange(n_groups)

    def sums(start: NDArray[np.int64], length: int) -> list[FloatArray]:
        return [total[start + length] - total[start] for total in totals]

    inner_sum, inner_square, _, _ = sums(starts + 1, max(parts.inner, 0))
    n_inner = max(parts.inner, 1) * width * step
    least = inner_square - inner_sum**2 / n_inner - spare * totals[1][-1]
    begin = starts - parts.lead
    total, energy, _, _ = sums(begin, parts.length)
    _, _, low_sum, low_square = sums(begin + parts.rim, parts.length - 2 * parts.rim)
    whole = energy + spare * totals[1][-1]
    centre = total / (parts.length * width * step)
    about = np.maximum(whole - total * centre, 0.0)
    n_core = (parts.length - 2 * parts.rim) * width
    level = centre * low.gain
    kept = step * (low_square - 2 * level * low_sum + n_core * level**2 - spare * totals[3][-1])
    norm = np.sqrt(whole)
    kept = np.square(np.maximum(np.sqrt(np.maximum(kept, 0.0)) - low.rounding * norm, 0.0))
    high = np.minimum(high_band(about, kept, low.kappa), np.sqrt(about))
    least = np.sqrt(np.maximum(least, 0.0)) - _EPS32 * norm
    return Windows(least, np.sqrt(about), high, norm)


def _running(x: FloatArray) -> FloatArray:
    """Sum the first 0, 1, 2, ... elements."""
    return np.concatenate(([0.0], np.cumsum(x)))


def score_bound(x: FloatArray, template: Template, step: int) -> FloatArray:
    """Bound the absolute score at every lag, shape (n - m + 1,); infinite where nothing is known.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Complete.
    template : Template
    step : int
        D, one of `STEPS`.

    Notes
    -----
    The plain version, for tests and to read: O(n m / D).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> from tsconv.search.profile import exact_scores, make_template
    >>> x = np.cumsum(rng.standard_normal(4_000))
    >>> template = make_template(x[1_000:2_500])
    >>> bound = score_bound(x, template, 4)
    >>> bool(np.all(np.abs(exact_scores(x, template)) <= bound)), bool(np.median(bound) < 1)
    (True, True)
    """
    low = low_pass(step)
    short = low_template(template, low)
    n_lags = x.size - template.size + 1
    n_cells = -(-n_lags // step)
    n_blocks = n_cells + low.before + low.behind - (-template.size // step)
    padded = np.zeros((n_blocks + 2 * HALF_TAPS) * step)
    origin = low.before * step
    padded[origin : origin + x.size] = x - x.mean()
    sampled = decimate(padded, low)[:n_blocks]
    blocks = padded[: n_blocks * step].reshape(n_blocks, step)
    groups = np.stack(
        (blocks.sum(axis=1), np.square(blocks).sum(axis=1), sampled, np.square(sampled))
    )
    windows = describe_windows(
        groups, template.size, low, width=1, first=low.before, n_groups=n_cells
    )
    start = low.before - HALF_TAPS + 1 - REACH
    coarse = np.correlate(
        sampled[start : start + n_cells + 2 * REACH - 1 + short.taps.size - 1], short.taps, "valid"
    )
    near = np.lib.stride_tricks.sliding_window_view(coarse, 2 * REACH)
    between = np.abs(near @ low.weights.T)
    with np.errstate(divide="ignore"):
        bound = between + windows.slack(short, low)[:, np.newaxis]
        bound /= np.maximum(windows.least, 0.0)[:, np.newaxis]
    return np.asarray(bound.ravel()[:n_lags])
