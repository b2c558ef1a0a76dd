from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

class Held:
    def __init__(
        self,
        columns: _Array,
        n_missing: int,
        sizes: Sequence[int],
        lags: Sequence[int],
        period: int,
        sigma2: float = 0.0,
        observed: NDArray[np.uint8] | None = None,
        difference_poly: _Array | None = None,
    ) -> None: ...
    @property
    def loglike(self) -> float: ...
    @property
    def sigma2(self) -> float: ...
    @property
    def sum_of_squares(self) -> float: ...
    @property
    def n_evaluations(self) -> int: ...
    @property
    def score(self) -> _Array: ...
    @property
    def information(self) -> _Array: ...
    @property
    def least_pivot(self) -> float: ...
    @property
    def beta(self) -> _Array: ...
    @property
    def triangle(self) -> _Array: ...
    def evaluate(self, coefs: _Array, want_score: bool = True) -> int: ...
    def innovations(self) -> tuple[_Array, _Array]: ...
    def begin_search(
        self,
        free_at: Sequence[int],
        fixed: _Array,
        max_iter: int,
        scoring_steps: int,
        tolerance: float,
        patience: int = 0,
        agree: float = 0.0,
    ) -> None: ...
    def search(
        self, starts: _Array, hannan: bool, n_draws: int, n_probes: int, n_finish: int
    ) -> tuple[int, _Array, _Array, NDArray[np.intc], _Array]: ...

def reduce_series(data: _Array, first: int) -> tuple[_Array, float]: ...

class Many:
    width: int
    def __init__(
        self,
        sizes: Sequence[int],
        lags: Sequence[int],
        period: int,
        d: int,
        seasonal_d: int,
        delta: _Array,
        power: int,
        column: float,
        n_regressors: int,
        rounding: float,
        max_iter: int,
        scoring_steps: int,
        patience: int,
        tolerance: float,
        agree: float,
    ) -> None: ...
    def fit(
        self,
        values: _Array,
        rows: NDArray[np.int64],
        plans: NDArray[np.intc],
        out: _Array,
        left: NDArray[np.intc],
    ) -> None: ...
    def place(
        self, values: _Array, before: int, after: int, coefs: _Array, out: _Array
    ) -> bool: ...
    def forecast(self, states: _Array, mean: _Array, variance: _Array) -> None: ...
