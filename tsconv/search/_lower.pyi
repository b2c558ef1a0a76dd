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
def centre_single(x: NDArray[np.float32], middle: float, out: NDArray[np.float32]) -> int: ...
def windows(
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    low: NDArray[np.float32],
    step: int,
    m: int,
    half: int,
    first: int,
    width: int,
    before: int,
    behind: int,
    gain: float,
    kappa: float,
    rounding: float,
    out: NDArray[np.float64],
) -> None: ...
def first_look(
    coarse: NDArray[np.float32],
    width: int,
    span: int,
    growth: float,
    floor: float,
    slack: NDArray[np.float64],
    known: NDArray[np.float64],
    need: NDArray[np.float64],
    reach: NDArray[np.uint8],
) -> int: ...
