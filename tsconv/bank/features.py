"""Kernels applied together: `KernelBank`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_count, check_vector
from tsconv._frames import Taken, take_apart
from tsconv.bank.layers import (
    Conv1dWeights,
    checked_labels,
    layer_taps,
    layer_weights,
    onnx_model,
)
from tsconv.bank.panels import groups, long_form, places
from tsconv.bank.pooling import STATISTICS, checked_statistics, pooled_columns, pooled_statistics
from tsconv.convolution.apply import Boundary, Missing, convolve
from tsconv.convolution.together import convolve_together
from tsconv.kernel import Kernel, as_kernel


class KernelBank:
    r"""Kernels with names, applied together.

    Parameters
    ----------
    kernels : mapping of str to Kernel, or to mapping of channel to Kernel
        What to apply. A plain list of taps is a causal kernel. A mapping of channels (columns of a
        DataFrame) to kernels is applied to those columns, and the results are added.
    bias : mapping of str to float, optional
        Constants added to the outputs; 0 where a name is missing.

    Raises
    ------
    TypeError, ValueError
        If there is no kernel, a name is no text or comes twice, or a bias belongs to no kernel.

    See Also
    --------
    arima_bank : A bank ready for use.
    tsconv.convolve : One kernel.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsconv import KernelBank, difference, moving_average
    >>> bank = KernelBank({"level": moving_average(3), "change": difference()})
    >>> bank.apply(pd.Series([1.0, 2, 4, 8])).round(2)
       level  change
    0    NaN     NaN
    1   2.33     1.0
    2   4.67     2.0
    3    NaN     4.0
    >>> bank.to_conv1d().weight[:, 0].round(2)
    array([[ 0.33,  0.33,  0.33],
           [-1.  ,  1.  ,  0.  ]])
    """

    def __init__(
        self, kernels: Mapping[str, Any], *, bias: Mapping[str, float] | None = None
    ) -> None:
        if not isinstance(kernels, Mapping) or not kernels:
            raise TypeError(
                "`kernels` must be a mapping of names to kernels with at least one entry; got"
                f' {kernels!r}. Try {{"level": moving_average(7)}}.'
            )
        for name in kernels:
            if not isinstance(name, str):
                raise TypeError(f"names of kernels must be text; got {name!r}.")
        parts = {name: _parts(name, given) for name, given in kernels.items()}
        given_bias = {} if bias is None else dict(bias)
        unknown = sorted(map(str, set(given_bias) - set(parts)))
        if unknown:
            raise ValueError(f"`bias` must belong to kernels of the bank; {unknown} do not.")
        self._parts = parts
        self._bias = {
            name: float(check_vector([given_bias.get(name, 0.0)], f"bias[{name!r}]")[0])
            for name in parts
        }

    @property
    def names(self) -> list[str]:
        """Names of the outputs, in order."""
        return list(self._parts)

    @property
    def bias(self) -> dict[str, float]:
        """The constant added to each output."""
        return dict(self._bias)

    @property
    def channels(self) -> list[Hashable] | None:
        """The columns the kernels ask for, in order; None if they take any series."""
        named: dict[Hashable, None] = {}
        for part in self._parts.values():
            if isinstance(part, dict):
                named |= dict.fromkeys(part)
        return list(named) or None

    def __getitem__(self, name: str) -> Kernel | dict[Hashable, Kernel]:
        part = self._parts[name]
        return dict(part) if isinstance(part, dict) else part

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        shown = ", ".join(self.names[:6]) + (", ..." if len(self) > 6 else "")
        return f"KernelBank({len(self)} kernels: {shown})"

    # ------------------------------------------------------------------ features

    def apply(
        self, x: Any, *, boundary: Boundary = "missing", missing: Missing = "propagate"
    ) -> pd.DataFrame:
        """Apply all kernels: one column for each, on the index of the series.

        Parameters
        ----------
        x : Series, DataFrame or array_like, shape (n,) or (n, n_columns)
            One series, or several side by side.
        boundary, missing
            As in `tsconv.convolve`.

        Returns
        -------
        DataFrame
            For a single series a column for each kernel. For several, of kernels for any series,
            columns ``(column, kernel)``. Kernels for named channels: a column for each kernel.

        Raises
        ------
        ValueError
            If a channel is missing, or an option does not fit one of the kernels.
        """
        taken = take_apart(x)
        index = pd.RangeIndex(taken.values.shape[0]) if taken.index is None else taken.index
        if self.channels is not None:
            outputs = self._over_channels(taken, boundary, missing)
            return pd.DataFrame(np.column_stack(outputs), index.view(), self.names)
        outputs = self._over_columns(taken, boundary, missing)
        if taken.values.ndim == 1:
            return pd.DataFrame(np.column_stack(outputs), index.view(), self.names)
        labels = range(taken.values.shape[1]) if taken.source is None else taken.source.columns
        columns = pd.MultiIndex.from_product([labels, self.names], names=[None, "kernel"])
        stacked = np.stack(outputs, axis=2).reshape(taken.values.shape[0], -1)
        return pd.DataFrame(stacked, index.view(), columns)

    def pool(
        self,
        x: Any,
        *,
        window: int | None = None,
        step: int | None = None,
        statistics: Sequence[str] = STATISTICS,
        boundary: Boundary = "missing",
        missing: Missing = "propagate",
    ) -> pd.DataFrame:
        """Sum the outputs up over windows.

        Parameters
        ----------
        x : Series, DataFrame or array_like
            As in `apply`.
        window : int, optional
            Samples in a window; by default the whole series is one.
        step : int, optional
            From one window's start to the next; `window` by default, so that they touch. What is
            left at the end and fills no window is dropped.
        statistics : sequence of str
            ``"mean"``, ``"std"`` (divisor n), ``"energy"`` (mean square), ``"max"``,
            ``"share_positive"``.
        boundary, missing
            As in `tsconv.convolve`.

        Returns
        -------
        DataFrame
            A row for each window, labelled by its first sample; columns ``(kernel, statistic)``
            below those of `apply`. Missing outputs are left out; a window of nothing else is NaN.
        """
        chosen = checked_statistics(statistics)
        outputs = self.apply(x, boundary=boundary, missing=missing)
        n = len(outputs)
        size = n if window is None else check_count(window, "window", minimum=1)
        stride = size if step is None else check_count(step, "step", minimum=1)
        if not 1 <= size <= n:
            raise ValueError(
                f"`window` ({size}) must lie within the series, which has {n} samples."
            )
        starts = np.arange(0, n - size + 1, stride)
        views = np.lib.stride_tricks.sliding_window_view(outputs.to_numpy(), size, axis=0)[starts]
        pooled = pooled_statistics(views, chosen)
        labels = [(*_as_tuple(label), name) for label in outputs.columns for name in chosen]
        names = [*outputs.columns.names, "statistic"]
        if len(names) == 2:
            names[0] = "kernel"
        columns = pd.MultiIndex.from_tuples(labels, names=names)
        return pd.DataFrame(pooled.reshape(starts.size, -1), outputs.index[starts], columns)

    def apply_panel(
        self,
        df: pd.DataFrame,
        *,
        id_col: str = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
        boundary: Boundary = "missing",
        missing: Missing = "propagate",
    ) -> pd.DataFrame:
        """Apply all kernels to each of many series in long form.

        Parameters
        ----------
        df : DataFrame
            A row for each observation, the rows of a series in the order of time.
        id_col, time_col, target_col : str
            The columns that hold the name of the series, the time and the value.
        boundary, missing
            As in `tsconv.convolve`.

        Returns
        -------
        DataFrame
            On the index of `df`: `id_col`, `time_col`, and a column for each kernel.

        Notes
        -----
        Series of equal length are stacked side by side, so that each kernel is applied once for all
        of them.
        """
        _, values, order, lengths = long_form(df, id_col, time_col, target_col)
        result = np.empty((values.size, len(self)))
        for rows in groups(order, lengths):
            table = values[rows].T  # (length, n_series)
            outputs = self._over_columns(Taken(np.ascontiguousarray(table)), boundary, missing)
            for k, output in enumerate(outputs):
                result[rows.ravel(), k] = output.T.ravel()
        features = pd.DataFrame(result, df.index, self.names)
        return pd.concat([df[[id_col, time_col]], features], axis=1)

    def pool_panel(
        self,
        df: pd.DataFrame,
        *,
        id_col: str = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
        statistics: Sequence[str] = STATISTICS,
        boundary: Boundary = "missing",
        missing: Missing = "propagate",
    ) -> pd.DataFrame:
        """Sum the outputs up over each of many series in long form.

        Parameters
        ----------
        df, id_col, time_col, target_col, boundary, missing
            As in `apply_panel`.
        statistics : sequence of str
            As in `pool`.

        Returns
        -------
        DataFrame
            A row for each series, in order of appearance; columns ``(kernel, statistic)``.
        """
        chosen = checked_statistics(statistics)
        ids, values, order, lengths = long_form(df, id_col, time_col, target_col)
        result = np.empty((lengths.size, len(self), len(chosen)))
        for rows in groups(order, lengths):
            table = np.ascontiguousarray(values[rows].T)
            outputs = self._over_columns(Taken(table), boundary, missing)
            which = np.searchsorted(np.cumsum(lengths), places(order)[rows[:, 0]], side="right")
            for k, output in enumerate(outputs):
                result[which, k] = pooled_statistics(np.ascontiguousarray(output.T), chosen)
        columns = pd.MultiIndex.from_product([self.names, chosen], names=["kernel", "statistic"])
        index = pd.Index(ids, name=id_col)
        return pd.DataFrame(result.reshape(lengths.size, -1), index, columns)

    def transform_rows(
        self,
        rows: FloatArray,
        *,
        statistics: Sequence[str] = STATISTICS,
        boundary: Boundary = "nearest",
        n_windows: int = 1,
    ) -> FloatArray:
        """Pool the outputs for series given as the rows of an array: features for a classifier.

        Parameters
        ----------
        rows : ndarray, shape (n_series, n)
            Complete.
        statistics : sequence of str
            As in `pool`.
        boundary : str, default "nearest"
            As in `tsconv.convolve`.
        n_windows : int, default 1
            Pool over so many windows of (nearly) equal length, at most n.

        Returns
        -------
        features : ndarray, shape (n_series, n_windows * n_kernels * n_statistics)
            Windows outermost, statistics innermost.
        """
        chosen = checked_statistics(statistics)
        n_series, n = rows.shape
        count = check_count(n_windows, "n_windows", minimum=1)
        if count > n:
            raise ValueError(f"`n_windows` ({count}) must be at most the length of a series ({n}).")
        edges = np.linspace(0, n, count + 1).round().astype(int)
        result = np.empty((n_series, count, len(self), len(chosen)))
        # In stretches that the cache holds, series side by side.
        at_once = max(16, (1 << 17) // max(n, 1))
        for first in range(0, n_series, at_once):
            table = np.ascontiguousarray(rows[first : first + at_once].T)
            outputs = self._over_columns(Taken(table), boundary, "propagate")
            for k, output in enumerate(outputs):
                for w in range(count):
                    part = output[edges[w] : edges[w + 1]]
                    result[first : first + at_once, w, k] = pooled_columns(part, chosen)
        return result.reshape(n_series, -1)

    def _over_columns(
        self, taken: Taken, boundary: Boundary, missing: Missing
    ) -> list[NDArray[Any]]:
        """Output of each kernel, of the shape of the values."""
        if self.channels is not None:
            raise ValueError(
                f"the kernels of this bank want the channels {self.channels}; give a DataFrame with"
                " those columns to `apply` or `pool`."
            )
        values = taken.values if taken.source is None else taken.source
        edge = "missing" if boundary == "valid" else boundary
        kernels = {name: part for name, part in self._parts.items() if isinstance(part, Kernel)}
        shared: dict[int, FloatArray] = {}
        if taken.values.ndim == 1 and taken.values.dtype.kind == "f":
            shared = convolve_together(taken.values, list(kernels.values()), edge)
        outputs = []
        for i, (name, kernel) in enumerate(kernels.items()):
            output = shared.get(i)
            if output is None:
                output = np.asarray(convolve(values, kernel, boundary=boundary, missing=missing))
            outputs.append(output + self._bias[name])
        return outputs

    def _over_channels(
        self, taken: Taken, boundary: Boundary, missing: Missing
    ) -> list[NDArray[Any]]:
        if not isinstance(taken.source, pd.DataFrame):
            raise TypeError(
                f"the kernels of this bank want the channels {self.channels}: `x` must be a"
                " DataFrame with those columns."
            )
        table: pd.DataFrame = taken.source
        absent = [c for c in self.channels or [] if c not in table.columns]
        if absent:
            raise ValueError(f"`x` must have the columns {self.channels}; {absent} not found.")
        outputs = []
        for name, part in self._parts.items():
            if not isinstance(part, dict):
                raise ValueError(f"kernel {name!r} names no channel, though others of the bank do.")
            total = np.full(len(table), self._bias[name])
            for channel, kernel in part.items():
                column = table[channel]
                total += np.asarray(convolve(column, kernel, boundary=boundary, missing=missing))
            outputs.append(total)
        return outputs

    # ------------------------------------------------------------------ deep learning

    def to_conv1d(self, *, n_taps: int | None = None) -> Conv1dWeights:
        """Weight, bias and padding of the convolutional layer that this bank is.

        Parameters
        ----------
        n_taps : int, optional
            Weights kept of a recursive kernel, from its first on; needed if there is one.

        Returns
        -------
        Conv1dWeights
            ``weight[o, i, j]`` weighs the sample ``j - padding[0]`` steps ahead. The layer, applied
            to the padded series, gives what `apply` gives with ``boundary="zero"``.

        Examples
        --------
        >>> from tsconv import KernelBank
        >>> KernelBank({"ma": [1.0, 0.4]}).to_conv1d()
        Conv1dWeights(weight=array([[[0.4, 1. ]]]), bias=array([0.]), padding=(1, 0))
        """
        constants = np.array(list(self._bias.values()))
        return layer_weights(self._parts, self.channels or [None], constants, n_taps)

    @classmethod
    def from_conv1d(
        cls,
        weight: ArrayLike,
        bias: ArrayLike | None = None,
        *,
        padding: int | tuple[int, int] | None = None,
        dilation: int = 1,
        names: Sequence[str] | None = None,
        channels: Sequence[Hashable] | None = None,
    ) -> KernelBank:
        """Read the weights of a convolutional layer as kernels.

        Parameters
        ----------
        weight : array_like, shape (n_out, n_in, k)
            As in ``torch.nn.Conv1d`` (one group): slid over the series as it is.
        bias : array_like, shape (n_out,), optional
            Constants added to the outputs.
        padding : int or (int, int), optional
            Zeros before and after; by default all before (a causal layer), ``dilation * (k - 1)``.
            The two must add up to that, so that output and input are equally long.
        dilation : int, default 1
            Steps between the weights.
        names : sequence of str, optional
            Names of the outputs; ``"out0"``, ``"out1"``, ... by default.
        channels : sequence, optional
            Names of the inputs, needed if there are several: the columns of the DataFrame that
            `apply` will get. 0, 1, ... by default.

        Returns
        -------
        KernelBank
        """
        taps, constants, after = layer_taps(weight, bias, padding, dilation)
        n_out, n_in, _ = taps.shape
        labels = checked_labels(names, [f"out{o}" for o in range(n_out)], "names")
        inputs = checked_labels(channels, list(range(n_in)), "channels")
        kernels: dict[str, Any] = {}
        for o, name in enumerate(labels):
            made = [Kernel(taps[o, i], origin=after) for i in range(n_in)]
            kernels[name] = (
                made[0] if n_in == 1 and channels is None else dict(zip(inputs, made, strict=True))
            )
        return cls(kernels, bias=dict(zip(labels, constants.tolist(), strict=True)))

    def to_onnx(self, path: Any = None, *, n_taps: int | None = None) -> Any:
        """Write the bank as an ONNX model: series in, outputs out, in single precision.

        Parameters
        ----------
        path : path-like, optional
            Where to save it; by default it is only returned.
        n_taps : int, optional
            As in `to_conv1d`.

        Returns
        -------
        onnx.ModelProto
            Input ``x`` of shape (batch, n_in, time), output ``y`` of shape (batch, n_out, time).

        Raises
        ------
        ImportError
            If onnx is not installed: ``pip install tsconvolve[onnx]``.
        """
        return onnx_model(self.to_conv1d(n_taps=n_taps), self.names, path)


def _parts(name: str, given: Any) -> Kernel | dict[Hashable, Kernel]:
    if isinstance(given, Mapping):
        if not given:
            raise ValueError(f"kernel {name!r} must have at least one channel; got none.")
        return {
            channel: as_kernel(kernel, f"kernels[{name!r}][{channel!r}]")
            for channel, kernel in given.items()
        }
    return as_kernel(given, f"kernels[{name!r}]")


def _as_tuple(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)
