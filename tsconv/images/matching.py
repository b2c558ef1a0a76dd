r"""Find a template in an image: `match_template`, `template_scores`.

The score of a window is Pearson's correlation of its pixels with the template's,

.. math:: r = \frac{\sum (x - \bar x)(t - \bar t)}
                   {\sqrt{\sum (x - \bar x)^2 \sum (t - \bar t)^2}},

the same in two dimensions as `tsconv.correlation_profile` for series. The numerator is the image
convolved with the template turned by 180 degrees.

No sum runs over the whole image. It is taken in tiles, each centred on its own mean, and the sums
over windows (two passes of `tsconv.engines` box engine) contain nothing but the window. Windows
whose variation is small against that of their tile are done again in smaller tiles, at the end by
the formula itself, so that an outlier or a bright half of the image costs no digits in the rest.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tsconv._checks import FloatArray, check_choice, check_count, check_fraction
from tsconv.engines.planes import convolve_plane
from tsconv.images.convolution import take_image

Polarity = Literal["positive", "negative", "either"]

TILE = 384
"""Windows along each side of a tile, if the template is not longer."""

SMALL = 16
"""Sides of a tile in which the windows that are done again are done by the formula itself."""

AGAINST_TILE = 1e-9
"""Variation of a window, relative to its tile, below which the numerator loses digits."""

AGAINST_CENTRE = 1e-6
"""Variation of a window, relative to that about the tile's centre, below which it loses digits."""


def match_template(
    image: Any,
    template: ArrayLike,
    *,
    threshold: float = 0.8,
    top: int | None = None,
    polarity: Polarity = "positive",
    exclusion: tuple[int, int] | None = None,
) -> pd.DataFrame:
    """Where a template occurs in an image: all matches that do not overlap, best first.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        One channel, NaN where pixels are missing.
    template : array_like, shape (h, w)
        What to look for; complete, not flat, at most as large as the image.
    threshold : float, default 0.8
        Smallest score of a match, 0 to 1.
    top : int, optional
        Keep so many at most.
    polarity : {"positive", "negative", "either"}, default "positive"
        ``"negative"`` looks for the template with dark and bright exchanged.
    exclusion : (int, int), optional
        Two matches are at least so many rows or so many columns apart; by default the template's
        size, so that their windows do not overlap.

    Returns
    -------
    DataFrame
        A row for each match: ``row`` and ``column`` of its upper left pixel (positions), ``score``,
        the correlation in [-1, 1], and ``polarity``, 1 or -1.

    Raises
    ------
    ValueError
        If the template is flat, incomplete or larger than the image.

    See Also
    --------
    template_scores : The score at every place.
    tsconv.find : The same for series, with probabilities.

    Notes
    -----
    A window of one value scores 0; one that touches a missing or infinite pixel has no score. Equal
    scores: the upper one comes first, then the left one. Time O(n log(h w)) for n pixels.

    References
    ----------
    .. [1] J. P. Lewis (1995), Fast template matching, Vision Interface 95, 120-123.

    Examples
    --------
    >>> import numpy as np
    >>> from tsconv import match_template
    >>> image = np.zeros((6, 9))
    >>> image[1:3, 2:4] = image[3:5, 6:8] = [[1, 2], [3, 5]]
    >>> match_template(image, [[1, 2], [3, 5]], threshold=0.99)
       row  column  score  polarity
    0    1       2    1.0         1
    1    3       6    1.0         1
    """
    limit = check_fraction(threshold, "threshold")
    most = None if top is None else check_count(top, "top", minimum=1)
    check_choice(polarity, "polarity", ("positive", "negative", "either"))
    pattern = _pattern(template)
    down, across = _exclusion(exclusion, pattern.shape)
    scores = _scores(take_image(image).values, pattern)
    strength = {"positive": scores, "negative": -scores, "either": np.abs(scores)}[polarity]
    # NaN compares false; a score is right to rounding, and so is the threshold.
    candidates = np.flatnonzero(strength.ravel() >= limit - 1e-12)
    order = candidates[np.argsort(-strength.ravel()[candidates], kind="stable")]
    taken = np.zeros(scores.shape, dtype=np.bool_)
    rows, columns = np.unravel_index(order, scores.shape)
    kept: list[tuple[int, int]] = []
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        if not taken[i, j]:
            kept.append((i, j))
            if most is not None and len(kept) == most:
                break
            taken[max(i - down + 1, 0) : i + down, max(j - across + 1, 0) : j + across] = True
    places = np.array(kept, dtype=np.int64).reshape(-1, 2)
    best = scores[places[:, 0], places[:, 1]]
    return pd.DataFrame(
        {
            "row": places[:, 0],
            "column": places[:, 1],
            "score": best,
            "polarity": np.where(best < 0, -1, 1),
        }
    )


def template_scores(image: Any, template: ArrayLike) -> Any:
    """Correlation of a template with every window of an image.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        One channel, NaN where pixels are missing.
    template : array_like, shape (h, w)
        Complete, not flat, at most as large as the image.

    Returns
    -------
    scores : DataFrame or ndarray, shape (n_rows - h + 1, n_columns - w + 1)
        In [-1, 1], at the upper left pixel of each window; 0 where the window is flat, NaN where it
        touches a missing or infinite pixel.

    See Also
    --------
    match_template : The best of them.

    Notes
    -----
    The same as OpenCV's ``TM_CCOEFF_NORMED`` and scikit-image's ``match_template``, in double
    precision, whatever the level and the outliers of the image.

    Examples
    --------
    >>> from tsconv import template_scores
    >>> template_scores([[0, 1, 0, 3, 3, 3]], [[0, 1, 0]]).round(3)
    array([[ 1.   , -0.756,  0.5  ,  0.   ]])
    """
    pattern = _pattern(template)
    taken = take_image(image)
    scores = _scores(taken.values, pattern)
    if taken.source is None:
        return scores
    source = taken.source
    return pd.DataFrame(
        scores, source.index[: scores.shape[0]].view(), source.columns[: scores.shape[1]].view()
    )


def _scores(values: NDArray[Any], pattern: FloatArray) -> FloatArray:
    if values.dtype.kind == "c":
        raise TypeError("`image` must be real; take np.abs of it, or one part.")
    h, w = pattern.shape
    if h > values.shape[0] or w > values.shape[1]:
        raise ValueError(
            f"`template` {pattern.shape} is larger than `image` {values.shape}; swap the arguments?"
        )
    finite = np.isfinite(values)
    # The pattern turned by 180 degrees: convolving with it is comparing with the pattern.
    turned = np.ascontiguousarray(pattern[::-1, ::-1])
    scores = np.empty((values.shape[0] - h + 1, values.shape[1] - w + 1))
    complete = bool(finite.all())
    gaps = None if complete else finite
    _score_tiles(values, gaps, turned, scores, max(TILE, h), max(TILE, w))
    if not complete:
        scores[window_counts(~finite, (h, w)) > 0] = np.nan
    return scores


def _score_tiles(
    x: FloatArray,
    finite: NDArray[np.bool_] | None,
    turned: FloatArray,
    scores: FloatArray,
    n_rows: int,
    n_columns: int,
    wanted: NDArray[np.bool_] | None = None,
) -> None:
    """Fill `scores` tile by tile, only the tiles that hold a place `wanted`."""
    h, w = turned.shape
    for i in range(0, scores.shape[0], n_rows):
        for j in range(0, scores.shape[1], n_columns):
            target = scores[i : i + n_rows, j : j + n_columns]
            todo = None if wanted is None else wanted[i : i + n_rows, j : j + n_columns]
            if todo is not None and not todo.any():
                continue
            window = (
                slice(i, i + target.shape[0] + h - 1),
                slice(j, j + target.shape[1] + w - 1),
            )
            part = None if finite is None else finite[window]
            _score_tile(x[window], part, turned, target, todo)


def _score_tile(
    x: FloatArray,
    finite: NDArray[np.bool_] | None,
    turned: FloatArray,
    scores: FloatArray,
    wanted: NDArray[np.bool_] | None,
) -> None:
    """Fill one tile; places that are not `wanted` keep their values."""
    d = _centred(x, finite)
    equal = np.ones(turned.shape)
    n = turned.size
    total = convolve_plane(d, equal, method="box")
    about_centre = convolve_plane(d * d, equal, method="box")
    variation = about_centre - total * total / n
    numerator = convolve_plane(d, turned)
    loud = AGAINST_TILE * float(np.einsum("ij,ij->", d, d))
    # Where the sums lose digits, or `variation` is not even positive.
    ill = ~(variation > np.maximum(AGAINST_CENTRE * about_centre, loud))
    np.maximum(variation, np.finfo(np.float64).tiny, out=variation)
    np.divide(numerator, np.sqrt(variation, out=variation), out=numerator)
    np.clip(numerator, -1.0, 1.0, out=numerator)
    if wanted is None:
        scores[...] = numerator
    else:
        scores[wanted] = numerator[wanted]
        ill &= wanted
    if ill.any():
        _score_again(x, finite, turned, scores, ill)


def _score_again(
    x: FloatArray,
    finite: NDArray[np.bool_] | None,
    turned: FloatArray,
    scores: FloatArray,
    ill: NDArray[np.bool_],
) -> None:
    """Do places again: flat ones are 0, the others in tiles of half the size or one by one."""
    h, w = turned.shape
    flat = _flat_windows(x, finite, (h, w))
    scores[flat & ill] = 0.0
    ill &= ~flat
    if finite is not None:
        ill &= window_counts(~finite, (h, w)) == 0  # their score will be NaN
    if not ill.any():
        return
    n_rows, n_columns = scores.shape
    if max(n_rows, n_columns) > SMALL and np.count_nonzero(ill) > SMALL:
        _score_tiles(x, finite, turned, scores, -(-n_rows // 2), -(-n_columns // 2), ill)
        return
    pattern = turned[::-1, ::-1]
    for i, j in zip(*np.nonzero(ill), strict=True):
        scores[i, j] = _score_at(x[i : i + h, j : j + w], pattern)


def _score_at(window: FloatArray, pattern: FloatArray) -> float:
    """Return the score of one complete window that is not flat, by two passes."""
    d = window - window.mean()
    d -= d.mean()
    d /= np.abs(d).max()
    return float(
        np.clip(np.einsum("ij,ij->", d, pattern) / np.sqrt(np.einsum("ij,ij->", d, d)), -1.0, 1.0)
    )


def _centred(x: FloatArray, finite: NDArray[np.bool_] | None) -> FloatArray:
    """Return a tile about its mean, gaps 0, with a largest value near 1 if it was extreme."""
    if finite is None:
        d = x - x.mean()
    else:
        centre = x[finite].mean() if finite.any() else 0.0
        d = np.where(finite, x - centre, 0.0)
    largest = float(np.abs(d).max())
    if largest and not 1e-70 < largest < 1e70:
        d /= largest
    return np.ascontiguousarray(d)


def _flat_windows(
    x: FloatArray, finite: NDArray[np.bool_] | None, shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Whether each window of `shape` holds one value only.

    Then nothing in it differs from its left and its upper neighbour. Gaps count as 0; windows that
    touch them have no score anyway.
    """
    h, w = shape
    if finite is not None:
        x = np.where(finite, x, 0.0)
    flat = np.ones((x.shape[0] - h + 1, x.shape[1] - w + 1), dtype=np.bool_)
    if w > 1:
        flat &= window_counts(x[:, 1:] != x[:, :-1], (h, w - 1)) == 0
    if h > 1:
        flat &= window_counts(x[1:] != x[:-1], (h - 1, w)) == 0
    return flat


def window_counts(mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.int64]:
    """How many elements of each window are true: differences of sums of integers, so exact."""
    h, w = shape
    total = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    np.cumsum(np.cumsum(mask, axis=0, dtype=np.int64), axis=1, out=total[1:, 1:])
    return np.asarray(total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w])


def _pattern(template: ArrayLike) -> FloatArray:
    """Centre and scale a template to unit energy."""
    values = take_image(template, "template").values
    if values.dtype.kind == "c":
        raise TypeError("`template` must be real; take np.abs of it, or one part.")
    n_bad = int(np.count_nonzero(~np.isfinite(values)))
    if n_bad:
        raise ValueError(
            f"`template` must be complete; got {n_bad} missing or infinite pixels."
            " Cut a part without them, or fill them."
        )
    if values.min() == values.max():
        raise ValueError(
            f"`template` must vary; it is flat ({values.shape} of {values.flat[0]:g}), and a flat"
            " template correlates with nothing."
        )
    d = values - values.mean()
    d -= d.mean()
    d /= np.abs(d).max()
    return np.asarray(d / np.sqrt(np.einsum("ij,ij->", d, d)))


def _exclusion(exclusion: tuple[int, int] | None, shape: tuple[int, ...]) -> tuple[int, int]:
    if exclusion is None:
        return shape[0], shape[1]
    try:
        down, across = exclusion
    except (TypeError, ValueError):
        raise TypeError(f"`exclusion` must be a pair (rows, columns); got {exclusion!r}.") from None
    return (
        check_count(down, "exclusion[0]", minimum=1),
        check_count(across, "exclusion[1]", minimum=1),
    )
