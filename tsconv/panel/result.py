"""`PanelFit`: models of many series, as tables; forecasts of all of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsconv.arima.many import N_NUMBERS
from tsconv.panel.forecast import forecast_table
from tsconv.panel.frames import Names
from tsconv.panel.html import failures_html, first_rows
from tsconv.panel.models import spec_from_text
from tsconv.panel.times import Step, labels_after, read_clock

_FITS = (
    "model",
    "period",
    "n_obs",
    "n_missing",
    "loglike",
    "aic",
    "aicc",
    "bic",
    "sigma2",
    "converged",
)


@dataclass(frozen=True, eq=False, repr=False)
class PanelFit:
    """Models fitted to many series.

    Made by `fit_panel`. Under 1 kB for each series of short seasons: its parameters and the part of
    its past that forecasts need, not its observations.

    Attributes
    ----------
    table : DataFrame
        A record for each series, in the order of the frame; all else is read from it.
    names : Names
        Columns of the frame: `id`, `time`, `target`, `exog`.
    freq : str or None
        Time between rows, if it was given.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsconv import datasets, fit_panel
    >>> nile = datasets.load_nile()
    >>> df = pd.DataFrame({"unique_id": "nile", "ds": nile.index, "y": nile.to_numpy()})
    >>> panel = fit_panel(df, order=(0, 1, 1), exog_cols=())
    >>> panel.params.round(2)
      unique_id    name  estimate
    0      nile   ma.L1     -0.73
    1      nile  sigma2  20599.87
    >>> panel.forecast(2, level=95)[["unique_id", "ds", "mean", "lower_95"]]
      unique_id         ds        mean    lower_95
    0      nile 1971-01-01  798.367364  517.060520
    1      nile 1972-01-01  798.367364  507.201927
    """

    table: pd.DataFrame
    names: Names
    freq: Any = None

    @property
    def _fitted(self) -> pd.DataFrame:
        return self.table[self.table["spec"].notna()]

    @property
    def fits(self) -> pd.DataFrame:
        """One row for each series that has a model: what it is, and how good.

        Columns: id, `model`, `period`, `n_obs`, `n_missing` (between the first and the last
        observation), `loglike`, `aic`, `aicc`, `bic`, `sigma2`, `converged`.
        """
        return self._fitted[[self.names.id, *_FITS]].reset_index(drop=True)

    @property
    def failures(self) -> pd.DataFrame:
        """One row for each series without a model: id and `reason`."""
        failed = self.table[self.table["spec"].isna()]
        return failed[[self.names.id, "reason"]].reset_index(drop=True)

    @property
    def warnings(self) -> pd.DataFrame:
        """One row for each series with a model of which something should be known: id and `note`.

        Absent times, searches that may have ended early, values taken as constant.
        """
        noted = self._fitted[self._fitted["note"].notna()]
        return noted[[self.names.id, "note"]].reset_index(drop=True)

    @property
    def params(self) -> pd.DataFrame:
        """One row for each parameter of each series: id, `name`, `estimate`; `sigma2` last."""
        table = self._fitted
        specs = [spec_from_text(text) for text in table["spec"]]
        counts = np.array([spec.n_params for spec in specs], dtype=np.int64)
        values = [
            np.frombuffer(state, count=spec.n_params, offset=8 * N_NUMBERS)
            for state, spec in zip(table["state"], specs, strict=True)
        ]
        return pd.DataFrame(
            {
                self.names.id: _each(table[self.names.id], counts),
                "name": pd.Series([name for spec in specs for name in spec.names], dtype="str"),
                "estimate": np.concatenate([np.empty(0), *values]),
            }
        )

    @property
    def residuals(self) -> pd.DataFrame:
        """One-step errors of all series: id, time, `residual`; NaN where there is no observation.

        Raises
        ------
        ValueError
            If the fit did not keep them.
        """
        if "residuals" not in self.table:
            raise ValueError("residuals were not kept; fit with `residuals=True`.")
        table = self._fitted
        values = [np.frombuffer(kept) for kept in table["residuals"]]
        sizes = np.array([part.size for part in values], dtype=np.int64)
        clock, first = read_clock(table["first"], self.freq, str(self.names.time))
        steps = [Step.read(text) for text in table["step"]]
        each = [step for step, size in zip(steps, sizes.tolist(), strict=True) for _ in range(size)]
        since = np.concatenate([np.empty(0, np.int64), *(np.arange(size) for size in sizes)])
        labels = labels_after(clock, np.repeat(first, sizes), each, since)
        return pd.DataFrame(
            {
                self.names.id: _each(table[self.names.id], sizes),
                self.names.time: labels,
                "residual": np.concatenate([np.empty(0), *values]),
            }
        )

    def forecast(
        self,
        steps: int,
        *,
        level: float | Sequence[float] = (80, 95),
        exog: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Forecast the rows after the last of each series, with prediction intervals.

        Parameters
        ----------
        steps : int
            How many rows.
        level : float or sequence of float, default (80, 95)
            Coverage of the intervals in per cent.
        exog : DataFrame
            Regressors of the coming rows, if the models have any: a row for each series and time,
            under the names of the frame that was fitted.

        Returns
        -------
        DataFrame
            In the order of the frame: id, time, `mean`, `std_error`, `lower_80`, `upper_80`, ...
            Series without a model are left out. Of series that were transformed, `mean` is the mean
            of the original (bias adjusted), and `std_error` a first approximation.

        Raises
        ------
        ValueError
            If regressors are needed and a row has none.
        """
        return forecast_table(self.table, steps, self.names, level=level, exog=exog, freq=self.freq)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the panel to a Parquet file; `load_panel` reads it back. Needs pyarrow."""
        from tsconv.panel.storage import save

        save(self, path)

    def __len__(self) -> int:
        return len(self.table)

    def _repr_html_(self) -> str:
        counts = (
            self._fitted["model"].value_counts().rename_axis("model").reset_index(name="series")
        )
        head = f"<b>PanelFit of {int(counts['series'].sum())} series</b>"
        return f"<div>{head}{first_rows(counts)}{failures_html(self.failures, 'series')}</div>"

    def __repr__(self) -> str:
        done = int(self.table["spec"].notna().sum())
        models = self._fitted["model"].value_counts()
        common = ", ".join(f"{name} ({count})" for name, count in models.head(3).items())
        more = f" and {len(models) - 3} others" if len(models) > 3 else ""
        failed = len(self.table) - done
        tail = f"; {failed} failed, see .failures" if failed else ""
        return f"PanelFit of {done} series: {common or 'no model'}{more}{tail}"


def _each(column: pd.Series[Any], counts: Any) -> pd.Series[Any]:
    """Repeat entries as often as `counts` says, numbered anew."""
    repeated: pd.Series[Any] = column.repeat(counts).reset_index(drop=True)
    return repeated
