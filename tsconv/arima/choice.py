"""How a model was chosen, and what the choice means for forecasts: `Choice`.

A chosen model may stand on a transformed scale (Box-Cox); `Choice` leads back from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv.arima.selection.box_cox import restore, transform


@dataclass(frozen=True, eq=False)
class Choice:
    """Belongs to a fit whose orders were found by a search.

    Attributes
    ----------
    models : DataFrame
        Models tried, best first; see `auto_arima`.
    period : int
        Length of the season that was looked for; 1 for none.
    lambda_ : float or None
        Power of the Box-Cox transformation on whose scale the model stands; None without one.
    bias_adjust : bool
        Whether point forecasts are means; without it they are medians where there is a
        transformation.
    n_coefs : int or None
        Number of coefficients that were estimated, where those of the model follow from fewer.
    """

    models: pd.DataFrame = field(repr=False)
    period: int = 1
    lambda_: float | None = None
    bias_adjust: bool = False
    n_coefs: int | None = None

    def forward(self, y: FloatArray) -> FloatArray:
        """Take a series to the scale of the model."""
        return y if self.lambda_ is None else transform(y, self.lambda_)

    def back(self, x: FloatArray) -> FloatArray:
        """Take values (quantiles) on the scale of the model to that of the series."""
        return x if self.lambda_ is None else restore(x, self.lambda_)

    def forecast(
        self,
        mean: FloatArray,
        std_error: FloatArray,
        reaches: Sequence[tuple[float, float]],
    ) -> dict[str, FloatArray]:
        """Columns of a forecast in the unit of the series; `reaches` pairs levels and quantiles.

        With a transformation, `std_error` is half the width of the interval that lies within one
        standard deviation on the scale of the model.
        """
        variance = std_error**2 if self.bias_adjust else None
        centre, wide = mean, std_error
        if self.lambda_ is not None:
            centre = restore(mean, self.lambda_, variance)
            wide = 0.5 * (self.back(mean + std_error) - self.back(mean - std_error))
        columns = {"mean": centre, "std_error": wide}
        for level, reach in reaches:
            columns[f"lower_{level:g}"] = self.back(mean - reach * std_error)
            columns[f"upper_{level:g}"] = self.back(mean + reach * std_error)
        return columns


PLAIN = Choice(pd.DataFrame())
"""Of a fit whose orders were given: no transformation, nothing tried."""


def student_quantile(level: float, n_free: int) -> float:
    """Half-width, in standard errors, of the interval with `level` per cent of Student's t.

    A variance that was estimated with `n_free` degrees of freedom makes errors not normal.
    """
    from scipy.special import stdtrit

    return float(stdtrit(max(n_free, 1), 0.5 + level / 200))


def inflation(n_used: int, n_coefs: int) -> float:
    r"""Factor from the maximum-likelihood estimate of the variance to :math:`S / (n - k)`."""
    room = n_used - n_coefs
    return n_used / room if room > 0 else float(np.maximum(n_used, 1))
