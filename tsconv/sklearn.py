"""The features of a kernel bank as a scikit-learn transformer.

scikit-learn is an extra (``pip install "tsconvolve[sklearn]"``); ``import tsconv`` does not load
it.

>>> from sklearn.linear_model import RidgeClassifierCV
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> from tsconv.sklearn import KernelBankTransformer
>>> model = make_pipeline(KernelBankTransformer(), StandardScaler(), RidgeClassifierCV())
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import check_choice
from tsconv.bank import STATISTICS, KernelBank, arima_bank

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise ImportError(
        "this module needs scikit-learn: pip install 'tsconvolve[sklearn]'."
    ) from None

_BOUNDARIES = ("zero", "reflect", "mirror", "nearest", "wrap")


class KernelBankTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Pooled outputs of a bank of kernels as features of whole series.

    Parameters
    ----------
    bank : KernelBank, optional
        The kernels; ``arima_bank(period=period)`` by default.
    period : int, optional
        The season of the default bank.
    statistics : sequence of str
        What is made of each output, as in `tsconv.KernelBank.pool`.
    n_windows : int, default 1
        Pool over so many windows of (nearly) equal length; at most the length of a series.
    boundary : str, default "nearest"
        What lies beyond the ends, as in `tsconv.convolve`; one that leaves nothing missing.

    Attributes
    ----------
    bank_ : KernelBank
        The kernels applied.
    n_features_in_ : int
        Length of the series.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv import KernelBank
    >>> from tsconv.sklearn import KernelBankTransformer
    >>> bank = KernelBank({"change": [1.0, -1.0]})
    >>> transformer = KernelBankTransformer(bank, statistics=["mean", "max"])
    >>> transformer.fit_transform(np.array([[0.0, 1, 3, 3], [4, 4, 4, 0]]))
    array([[ 0.75,  2.  ],
           [-1.  ,  0.  ]])
    >>> transformer.get_feature_names_out().tolist()
    ['change_mean', 'change_max']
    """

    def __init__(
        self,
        bank: KernelBank | None = None,
        *,
        period: int | None = None,
        statistics: Sequence[str] = STATISTICS,
        n_windows: int = 1,
        boundary: str = "nearest",
    ) -> None:
        self.bank = bank
        self.period = period
        self.statistics = statistics
        self.n_windows = n_windows
        self.boundary = boundary

    def fit(self, X: Any, y: Any = None) -> KernelBankTransformer:  # noqa: ARG002
        """Note the length of the series; the kernels are given, not learned.

        Parameters
        ----------
        X : array_like, shape (n_series, n)
            A series in each row.
        y : ignored

        Returns
        -------
        KernelBankTransformer
            Itself.
        """
        validate_data(self, X, dtype=np.float64)
        check_choice(self.boundary, "boundary", _BOUNDARIES)
        if self.bank is not None and not isinstance(self.bank, KernelBank):
            raise TypeError(f"`bank` must be a KernelBank; got {type(self.bank).__name__}.")
        self.bank_ = arima_bank(period=self.period) if self.bank is None else self.bank
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return the features.

        Parameters
        ----------
        X : array_like, shape (n_series, n)
            A series in each row, as long as those of `fit`.

        Returns
        -------
        ndarray, shape (n_series, n_windows * n_kernels * n_statistics)
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        return self.bank_.transform_rows(
            rows,
            statistics=self.statistics,
            boundary=self.boundary,  # type: ignore[arg-type]
            n_windows=self.n_windows,
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return ``kernel_statistic``, or ``window_kernel_statistic`` if there are several windows.

        Parameters
        ----------
        input_features : array_like of str, optional
            Checked against those of `fit`, otherwise not used.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        if input_features is not None:
            known = getattr(self, "feature_names_in_", None)
            if known is not None and not np.array_equal(known, input_features):
                raise ValueError("input_features is not equal to feature_names_in_")
            if len(input_features) != self.n_features_in_:
                raise ValueError(
                    "input_features should have length equal to number of features"
                    f" ({self.n_features_in_}), got {len(input_features)}"
                )
        windows = [f"{w}_" for w in range(self.n_windows)] if self.n_windows > 1 else [""]
        statistics = [self.statistics] if isinstance(self.statistics, str) else self.statistics
        names = [f"{w}{k}_{s}" for w in windows for k in self.bank_.names for s in statistics]
        return np.array(names, dtype=object)
