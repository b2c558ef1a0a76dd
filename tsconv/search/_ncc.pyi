import numpy as np
from numpy.typing import NDArray

def window_energy(
    x: NDArray[np.float64],
    m: int,
    suffix_sum: NDArray[np.float64],
    suffix_square: NDArray[np.float64],
    energy: NDArray[np.float64],
    raw: NDArray[np.float64],
) -> None: ...
def normalise(
    numerators: NDArray[np.float32],
    energy: NDArray[np.float64],
    raw: NDArray[np.float64],
    bound: float,
    tolerance: float,
    floor: float,
    energy_floor: float,
    scores: NDArray[np.float64],
    ill: NDArray[np.uint8],
) -> int: ...
