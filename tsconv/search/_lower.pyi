import numpy as np
from numpy.typing import NDArray

def centre(x: NDArray[np.float64], middle: float, out: NDArray[np.float32]) -> int: ...
def lower(
    x: NDArray[np.float32],
    step: int,
    reach: int,
    taps: NDArray[np.float32],
    low: NDArray[np.float32],
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
) -> None: ...
def few_lags(
    x: NDArray[np.float64], taps: NDArray[np.float64], middle: float, out: NDArray[np.float64]
) -> None: ...
