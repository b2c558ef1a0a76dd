r"""Directions in an image, read off its Fourier transform: `orientation` and what it looks at.

Lines that run in one direction are waves across it, so their energy lies on the ray of the Fourier
plane at right angles to them. `log_spectrum` shows the plane, `direction_profile` how much energy
lies in each direction, `orientation` the directions that stand out.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray, check_choice, check_count, check_fraction, check_positive
from tsconv.convolution.apply import interpolated
from tsconv.engines.fourier import fast_length
from tsconv.images.convolution import take_image

SMOOTHING = 3.0
"""Standard deviation, in degrees, of the Gaussian that smooths the profile."""

LOWEST = 4.0
"""Cycles in the image below which the window blurs one direction into the next."""

SMALLEST = 16


def orientation(
    image: Any,
    *,
    top: int | None = None,
    width: float = 10.0,
    min_strength: float = 0.05,
    low: float | None = None,
    high: float = 0.4,
) -> pd.DataFrame:
    r"""Dominant directions of the lines in an image, and how strong they are.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        One channel, at least 16 x 16. Gaps are filled by straight lines first.
    top : int, optional
        Return so many directions at most.
    width : float, default 10.0
        Half-width of a direction in degrees, at most 45; two directions are at least
        ``2 * width`` apart.
    min_strength : float, default 0.05
        Leave out what is weaker.
    low, high : float, optional
        Frequencies looked at, in cycles per pixel: by default from four cycles across the shorter
        side of the image to 0.4. Coarser stripes need a smaller `low`.

    Returns
    -------
    DataFrame
        A row for each direction, the strongest first; empty if none stands out. ``angle``: where
        the lines run, in degrees counter-clockwise from the direction of the rows as the image is
        looked at with row 0 on top, in [0, 180). ``strength``: 0 for an image that has no more
        energy within `width` of this direction than in any other, 1 if all of it is there.

    Raises
    ------
    ValueError
        If the image is smaller than 16 x 16, or an option is out of its range.

    See Also
    --------
    direction_profile : The energy in every direction.
    log_spectrum : The Fourier plane.

    Notes
    -----
    With P the power spectrum of the image under a round Hann window, peaks of the energy
    :math:`|f|\,P(f)` over the angle of f are refined to their centre of mass, with Gaussian weights
    of standard deviation ``width / 2`` degrees. With s the share of the energy within `width` and
    u = width / 90 that of an image without direction, strength is :math:`(s - u) / (1 - u)`.
    Weighted by :math:`|f|^2` instead, the whole profile's second moment would be the structure
    tensor, which knows one direction only. Time O(n log n) for n pixels.

    References
    ----------
    .. [1] J. Bigun and G. H. Granlund (1987), Optimal orientation detection of linear symmetry,
       Proc. First International Conference on Computer Vision, 433-438.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv import orientation
    >>> row, column = np.mgrid[:128, :128]
    >>> angle = np.radians(30)
    >>> stripes = np.sin(0.5 * (column * np.sin(angle) + row * np.cos(angle)))
    >>> orientation(stripes).round(2)
       angle  strength
    0   30.0       1.0
    """
    most = None if top is None else check_count(top, "top", minimum=1)
    reach = check_positive(width, "width")
    if reach > 45:
        raise ValueError(f"`width` must be at most 45 degrees; got {reach:g}.")
    limit = check_fraction(min_strength, "min_strength")
    plane = _energy(image, low, high)
    total = float(plane.energy.sum())
    rows: list[tuple[float, float]] = []
    if total > 0:
        uniform = reach / 90.0
        profile = _profile(plane)
        for peak in _peaks(profile, 2 * reach):
            angle = _refined(plane, float(peak), reach)
            if any(abs(_difference(angle, other)) < 2 * reach for other, _ in rows):
                continue
            within = np.abs(_difference(plane.angle, angle)) <= reach
            share = float(plane.energy[within].sum()) / total
            strength = (share - uniform) / (1 - uniform)
            if strength >= limit:
                rows.append((angle, min(strength, 1.0)))
    rows.sort(key=lambda row: -row[1])
    return pd.DataFrame(rows[:most], columns=["angle", "strength"], dtype=np.float64)


def direction_profile(
    image: Any, *, low: float | None = None, high: float = 0.4
) -> pd.Series[float]:
    """Energy of an image in each direction, 1 on average.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        As in `orientation`.
    low, high : float, optional
        Frequencies looked at, as in `orientation`.

    Returns
    -------
    Series
        On ``angle``, 0.5 to 179.5 degrees, in the sense of `orientation`; smoothed over some three
        degrees. All zero if the image has no energy at these frequencies.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv import direction_profile
    >>> rows = np.sin(np.arange(64.0))[:, None] * np.ones(64)
    >>> float(direction_profile(rows).idxmax())
    0.5
    """
    plane = _energy(image, low, high)
    profile = _profile(plane)
    mean = float(profile.mean())
    angle = pd.Index(np.arange(180) + 0.5, name="angle")
    return pd.Series(profile / mean if mean else profile, angle, name="energy")


def log_spectrum(image: Any, *, window: Literal["hann", "none"] = "hann") -> pd.DataFrame:
    r"""Logarithm of the Fourier magnitude of an image, frequency zero in the middle.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        One channel, no gaps.
    window : {"hann", "none"}, default "hann"
        ``"hann"`` fades the image out towards its edges (after subtracting its mean), so that their
        jump does not draw a cross into the plane.

    Returns
    -------
    DataFrame
        :math:`\log(1 + |F|)`, on ``down`` (index) and ``across`` (columns), both in cycles per
        pixel from -0.5 to 0.5.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv import log_spectrum
    >>> waves = np.cos(np.pi / 2 * np.arange(8)) * np.ones((8, 1))
    >>> plane = log_spectrum(waves, window="none")
    >>> plane.loc[0.0].round(2).loc[[-0.25, 0.0, 0.25]].tolist()
    [3.5, 0.0, 3.5]
    """
    check_choice(window, "window", ("hann", "none"))
    values = take_image(image).values
    if not np.all(np.isfinite(values)):
        n_bad = int(np.count_nonzero(~np.isfinite(values)))
        raise ValueError(
            f"`image` must be complete; got {n_bad} missing or infinite pixels. Fill them first:"
            ' convolve2d(image, gaussian(2), missing="renormalize").'
        )
    if window == "hann":
        values = _windowed(values)
    magnitude = np.abs(np.fft.fftshift(np.fft.fft2(values)))
    down, across = (np.fft.fftshift(np.fft.fftfreq(n)) for n in values.shape)
    return pd.DataFrame(
        np.log1p(magnitude), pd.Index(down, name="down"), pd.Index(across, name="across")
    )


class _Plane(NamedTuple):
    """The part of the Fourier plane looked at: where lines run that lie there, and the energy."""

    angle: FloatArray
    energy: FloatArray


def _energy(image: Any, low: float | None, high: float) -> _Plane:
    values = take_image(image).values
    if values.dtype.kind == "c":
        raise TypeError("`image` must be real; take np.abs of it, or one part.")
    if min(values.shape) < SMALLEST:
        raise ValueError(
            f"`image` must be at least {SMALLEST} x {SMALLEST} pixels to show directions;"
            f" got {values.shape}."
        )
    if np.any(np.isinf(values)):
        raise ValueError("`image` must have no infinite pixels; replace them by NaN.")
    if np.isnan(values).any():
        values = interpolated(values, None)
        values = interpolated(np.ascontiguousarray(values.T), None).T
        if np.isnan(values).mean() > 0.5:
            raise ValueError("`image` must have pixels in more than half of its area.")
        values = np.where(np.isnan(values), np.nanmean(values), values)
    first = LOWEST / min(values.shape) if low is None else check_positive(low, "low")
    last = check_positive(high, "high")
    if not first < last <= 0.5:
        raise ValueError(
            "`low` must be below `high`, and `high` at most 0.5 cycles per pixel (Nyquist);"
            f" got {first:g} and {last:g}."
        )
    # Extreme values would overflow when squared; directions do not depend on the scale.
    spread = float(np.max(values) - np.min(values))
    if spread == 0.0 or not np.isfinite(spread):
        return _Plane(np.empty(0), np.empty(0))
    # Padded to twice the size: only then do the samples of the power say all about it.
    n_rows, n_columns = (fast_length(2 * n) for n in values.shape)
    faded = _windowed((values - values.min()) / spread)
    power = np.abs(np.fft.rfft2(faded, s=(n_rows, n_columns))) ** 2
    down, across = np.fft.fftfreq(n_rows)[:, None], np.fft.rfftfreq(n_columns)[None]
    frequency = np.hypot(down, across)
    power[:, 0] /= 2  # the column of frequency zero holds both halves of the plane
    seen = (frequency >= first) & (frequency <= last)
    # Rows count downwards, angles upwards; lines run across their wave.
    angle = np.degrees(np.arctan2(-down, across)) + 90.0
    energy = (frequency * power)[seen]
    if energy.size == 0 or energy.max() <= 1e-24 * values.size**2:  # rounding of a flat image
        return _Plane(np.empty(0), np.empty(0))
    return _Plane(np.mod(angle[seen], 180.0), energy)


def _windowed(values: FloatArray) -> FloatArray:
    """Subtract the mean and fade out with the distance from the middle: a round Hann window."""
    row, column = (2 * (np.arange(n) + 0.5) / n - 1 for n in values.shape)
    distance = np.minimum(np.hypot(row[:, None], column[None]), 1.0)
    window = np.cos(np.pi / 2 * distance) ** 2
    return np.asarray(window * (values - np.sum(window * values) / np.sum(window)))


def _profile(plane: _Plane) -> FloatArray:
    """Energy in each degree, smoothed, shape (180,)."""
    energy, _ = np.histogram(plane.angle, bins=180, range=(0.0, 180.0), weights=plane.energy)
    weight = np.exp(-0.5 * (_difference(np.arange(180.0), 0.0) / SMOOTHING) ** 2)
    weight /= weight.sum()
    smooth = np.fft.irfft(np.fft.rfft(energy) * np.fft.rfft(weight), n=180)
    return np.asarray(np.maximum(smooth, 0.0))


def _peaks(profile: FloatArray, apart: float) -> FloatArray:
    """Angles of the largest values that have none larger within `apart` degrees, best first."""
    kept: list[float] = []
    rises = (profile > np.roll(profile, 1)) & (profile >= np.roll(profile, -1))
    for place in np.argsort(-profile, kind="stable"):
        angle = float(place) + 0.5
        if rises[place] and all(abs(_difference(angle, other)) >= apart for other in kept):
            kept.append(angle)
    return np.array(kept)


def _refined(plane: _Plane, angle: float, width: float) -> float:
    """Move to the centre of mass of the energy nearby until that moves no more."""
    for _ in range(50):
        away = _difference(plane.angle, angle)
        weight = plane.energy * np.exp(-0.5 * (away / (width / 2)) ** 2)
        step = float(np.sum(weight * away) / np.sum(weight))
        angle += step
        if abs(step) < 1e-7:
            break
    return float(np.mod(angle, 180.0))


def _difference(angle: Any, other: float) -> Any:
    """Signed difference of directions in degrees, -90 to 90."""
    return np.mod(angle - other + 90.0, 180.0) - 90.0
