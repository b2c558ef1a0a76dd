"""Pictures of images: ``ax`` in, ``Axes`` out; of several panels the ``Figure``.

`plot_image` one channel in grey, `plot_directions` the directions of `tsconv.orientation` over the
image, beside the Fourier plane and the profile they were read from, `plot_template_matches` the
matches of `tsconv.match_template`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tsconv.images.convolution import take_image
from tsconv.images.directions import direction_profile, log_spectrum, orientation
from tsconv.plot import BLUE, GREY, ORANGE, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_image(image: Any, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw one channel in grey, row 0 on top, one pixel as tall as it is wide.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        What to draw; missing pixels stay white.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to ``imshow``.

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = new_axes(ax, (5.0, 5.0))
    style: dict[str, Any] = {"cmap": "gray", "interpolation": "nearest"} | kwargs
    axes.imshow(take_image(image).values, **style)
    axes.set(xlabel="column (pixels)", ylabel="row (pixels)")
    return axes


def plot_directions(image: Any, **options: Any) -> Figure:
    """Draw an image with its directions, its Fourier plane, and the energy in each direction.

    Parameters
    ----------
    image : DataFrame or array_like, shape (n_rows, n_columns)
        As in `tsconv.orientation`.
    **options
        Handed to `tsconv.orientation`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib import pyplot as plt

    found = orientation(image, **options)
    kept = {key: options[key] for key in ("low", "high") if key in options}
    profile, plane = direction_profile(image, **kept), log_spectrum(image)
    figure = plt.figure(figsize=(11.0, 3.8), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    plot_image(image, ax=left)
    n_rows, n_columns = np.shape(image)
    reach = min(n_rows, n_columns) * 0.42
    for angle, strength in found.itertuples(index=False):
        across, down = np.cos(np.radians(angle)), -np.sin(np.radians(angle))
        left.plot(
            (n_columns - 1) / 2 + reach * across * np.array([-1, 1]),
            (n_rows - 1) / 2 + reach * down * np.array([-1, 1]),
            linestyle="-",
            color=ORANGE,
            linewidth=1.5 + 4 * strength,
        )
    left.set(title="image and directions")
    middle.imshow(plane, cmap="gray", extent=(-0.5, 0.5, 0.5, -0.5))
    middle.set(
        title="log Fourier magnitude",
        xlabel="across (cycles per pixel)",
        ylabel="down (cycles per pixel)",
    )
    right.plot(profile.index, profile, "-", color=BLUE)
    for angle in found["angle"]:
        right.axvline(angle, color=ORANGE, linewidth=1.2)
    right.axhline(1.0, color=GREY, linewidth=0.8)
    right.set(
        title="energy by direction",
        xlabel="direction of the lines (degrees)",
        ylabel="energy (mean 1)",
        xlim=(0, 180),
        ylim=(0, None),
    )
    return figure


def plot_template_matches(
    image: Any, template: ArrayLike, matches: pd.DataFrame, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw an image with a frame around each match, its score above.

    Parameters
    ----------
    image, template
        What was searched, and for what.
    matches : DataFrame
        The result of `tsconv.match_template`.
    ax : matplotlib Axes, optional
        Where to draw; a new one by default.
    **kwargs
        Handed to the frames.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.patches import Rectangle

    axes = plot_image(image, ax=ax)
    height, width = np.shape(template)
    style: dict[str, Any] = {"fill": False, "edgecolor": ORANGE, "linewidth": 1.6} | kwargs
    for row, column, score in matches[["row", "column", "score"]].itertuples(index=False):
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), width, height, **style))
        axes.annotate(
            f"{score:.2f}",
            (column - 0.5, row - 0.5),
            (0, 3),
            textcoords="offset points",
            fontsize="small",
            bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "linewidth": 0},
        )
    return axes
