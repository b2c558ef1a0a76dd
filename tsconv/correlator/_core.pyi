from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsconv._checks import FloatArray

def lanes_of(name: str | None = None, *, double: bool = False) -> int: ...
def best() -> str: ...
def score_windows(
    x: NDArray[Any], taps: FloatArray, lags: NDArray[np.int64], *, name: str | None = None
) -> FloatArray: ...

class Spectrum: ...

class Work:
    def __init__(self, plan: Plan, several: bool = False) -> None: ...

class Plan:
    hop: int
    span: int
    block_lags: int
    longest: int
    share: float
    double: bool
    instructions: str
    kind: str
    spectrum_bytes: int
    def __init__(
        self,
        kind: str,
        lg1: int,
        lg2: int,
        longest: int,
        *,
        double: bool = False,
        name: str | None = None,
    ) -> None: ...
    def spectrum(self, taps: FloatArray, work: Work) -> Spectrum: ...
    def numerators(
        self,
        x: NDArray[Any],
        spectra: list[Spectrum],
        work: Work,
        out: NDArray[np.floating],
        norms: FloatArray | None = None,
    ) -> None: ...
    def sift(
        self,
        x: NDArray[Any],
        n_lags: int,
        groups: list[tuple[int, list[tuple[Any, ...]]]],
        work: Work,
        *,
        tolerance: float,
        energy_floor: float,
        epsilon: float,
        sign: int = 0,
        offset: int = 0,
        stride: int = 1,
        trusted: bool = False,
        gap_starts: NDArray[np.int64] | None = None,
        gap_stops: NDArray[np.int64] | None = None,
        single: NDArray[np.float32] | None = None,
        wide: FloatArray | None = None,
    ) -> (
        list[tuple[NDArray[np.int64], list[tuple[NDArray[np.int64], NDArray[np.float32]]]]] | None
    ): ...
