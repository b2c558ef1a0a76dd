r"""Correlation of a long signal with snippets, as fast as the machine allows.

.. math:: c(l) = \sum_{i=0}^{m-1} s_i \, (x_{l+i} - \bar x_B), \qquad \sum_i s_i = 0

`Correlator` gives c at every lag for one or many snippets; since a snippet sums to zero, each
block B of the signal may be taken about its own mean, which keeps the digits that a large level
would eat.

A block of N samples gives N - m + 1 lags by one Fourier transform, a product with the snippet's
spectrum and one transform back (overlap-save). What makes it fast:

- *Lanes.* V independent blocks lie side by side in the lanes of a vector register, so that the
  transform is written as for one number and no step ever moves a lane. Forward by decimation in
  frequency, back by decimation in time: the scrambled order between needs no undoing.
- *Two blocks in one.* The snippet is real, so a block in the real part and another in the
  imaginary part stay apart through the product. 2 V real blocks are done at once.
- *Four steps.* A transform too long for the cache is N1 columns and N2 rows: columns on lanes,
  a turn by :math:`e^{-2 \pi i k_1 n_2 / N}`, rows on lanes, product, and all the way back. Between
  the passes the numbers lie in tiles of V by V, so that each pass reads memory in order.
- *Short snippets* are summed directly in double precision, many lags at a time.

The C files of this folder are compiled once for each instruction set and chosen at run time
(`instructions`); "plain" needs no vectors at all, and "scipy" is an engine of the same
signature that shares nothing with them.

The spectrum of a snippet of unit norm is nowhere above :math:`\sqrt{m}`, and rounding spreads over
the N samples of a block, so an error is below :math:`3 \epsilon \sqrt{m / N} \lVert x_B - \bar x_B
\rVert`, B with the block that shares its transform. `Correlator.numerators` returns this for each
block; what remains is rounding of the window's own size, :math:`2 \epsilon \lVert x_l - \bar x_B
\rVert`. That is an estimate and not
a theorem. A spike keeps its rounding together, so the norm stands for no less than
:math:`\lVert x_B - \bar x_B \rVert_4` over :math:`1.5 \sqrt{m / N}`.
"""

from tsconv.correlator.correlator import Correlator, instructions, numerators

__all__ = ["Correlator", "instructions", "numerators"]
