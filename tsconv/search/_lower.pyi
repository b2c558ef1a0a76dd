import numpy as np
from numpy.typing import NDArray

def lower(
    x: NDArray[np.floating],
    n_zeros: int,
    middle: float,
    wave: NDArray[np.float32],
    n_wave: int,
    step: int,
    width: int,
    reach: int,
    taps: NDArray[np.float32],
    low: NDArray[np.float32],
    groups: NDArray[np.float64],
    first: int,
) -> tuple[int, int, int]: ...
def windows(
    groups: NDArray[np.float64],
    step: int,
    width: int,
    inner: int,
    lead: int,
    length: int,
    rim: int,
    first: int,
    gain: float,
    kappa: float,
    rounding: float,
    out: NDArray[np.float64],
) -> None: ...
def first_look(
    coarse: NDArray[np.float32],
    width: int,
    spread: int,
    growth: float,
    floor: float,
    slack: NDArray[np.float64],
    known: NDArray[np.float64],
    best: NDArray[np.float32],
    need: NDArray[np.float64],
    reach: NDArray[np.uint8],
) -> int: ...
