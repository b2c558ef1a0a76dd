import numpy as np
from numpy.typing import NDArray

def describe_taps(taps: NDArray[np.float64]) -> tuple[int, int, int, bool, bool]: ...
def direct_if_sure(
    x: NDArray[np.float64],
    width: int,
    taps: NDArray[np.float64],
    out: NDArray[np.float64],
    n_few: int,
    n_products: int,
    n_box: int,
) -> bool: ...
def direct(
    x: NDArray[np.float64], width: int, taps: NDArray[np.float64], out: NDArray[np.float64]
) -> None: ...
def direct_plane(
    x: NDArray[np.float64], taps: NDArray[np.float64], out: NDArray[np.float64]
) -> None: ...
def separable_plane(
    x: NDArray[np.float64],
    down: NDArray[np.float64],
    across: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
def direct_continued(
    x: NDArray[np.float64],
    taps: NDArray[np.float64],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    left: int,
    out: NDArray[np.float64],
) -> None: ...
def separable_continued(
    x: NDArray[np.float64],
    down: NDArray[np.float64],
    across: NDArray[np.float64],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    left: int,
    out: NDArray[np.float64],
) -> None: ...
def box_continued(
    x: NDArray[np.float64],
    tap: float,
    h: int,
    w: int,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    left: int,
    out: NDArray[np.float64],
) -> None: ...
def box(
    x: NDArray[np.float64], width: int, tap: float, m: int, out: NDArray[np.float64]
) -> None: ...
def block_maxima(
    x: NDArray[np.float64], width: int, length: int, out: NDArray[np.float64]
) -> None: ...
def all_finite(x: NDArray[np.float64]) -> bool: ...
def touched(
    marks: NDArray[np.uint8],
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    out: NDArray[np.uint8],
) -> None: ...
def scatter(
    x: NDArray[np.float64], taps: NDArray[np.float64], out: NDArray[np.float64]
) -> None: ...
def recursion(
    y: NDArray[np.float64], start: int, shifts: NDArray[np.intp], coefs: NDArray[np.float64]
) -> None: ...
def sections(
    y: NDArray[np.float64], width: int, sos: NDArray[np.float64], state: NDArray[np.float64]
) -> None: ...
