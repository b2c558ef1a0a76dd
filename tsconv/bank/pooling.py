"""What is made of the outputs of kernels over a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsconv._checks import FloatArray, check_choice

STATISTICS = ("mean", "std", "energy", "max", "share_positive")
"""What `tsconv.KernelBank.pool` makes of an output; see there."""


def checked_statistics(given: Sequence[str]) -> list[str]:
    """Return the names as a list, each a known one."""
    names = [given] if isinstance(given, str) else list(given)
    if not names:
        raise ValueError(f"`statistics` must name at least one of {', '.join(STATISTICS)}.")
    return [check_choice(name, "statistics", STATISTICS) for name in names]


def pooled_statistics(values: FloatArray, statistics: Sequence[str]) -> FloatArray:
    """Sum values up over their last axis, missing ones left out; shape (..., n_statistics)."""
    here = ~np.isnan(values)
    count = here.sum(axis=-1)
    filled = values if np.all(here) else np.where(here, values, 0.0)
    n = np.maximum(count, 1)
    result = np.empty((*values.shape[:-1], len(statistics)))
    mean = filled.sum(axis=-1) / n
    for k, name in enumerate(statistics):
        if name == "mean":
            result[..., k] = mean
        elif name == "std":
            away = np.where(here, filled - mean[..., None], 0.0)
            result[..., k] = np.sqrt(np.einsum("...i,...i->...", away, away) / n)
        elif name == "energy":
            result[..., k] = np.einsum("...i,...i->...", filled, filled) / n
        elif name == "max":
            result[..., k] = np.where(here, values, -np.inf).max(axis=-1)
        else:
            result[..., k] = (filled > 0).sum(axis=-1) / n
    result[count == 0] = np.nan
    return result


def pooled_columns(part: FloatArray, statistics: Sequence[str]) -> FloatArray:
    """Sum complete values (n, n_series) up over axis 0; shape (n_series, n_statistics)."""
    result = np.empty((part.shape[1], len(statistics)))
    mean = part.mean(axis=0)
    for k, name in enumerate(statistics):
        if name == "mean":
            result[:, k] = mean
        elif name == "std":
            away = part - mean
            result[:, k] = np.sqrt(np.einsum("ij,ij->j", away, away) / part.shape[0])
        elif name == "energy":
            result[:, k] = np.einsum("ij,ij->j", part, part) / part.shape[0]
        elif name == "max":
            result[:, k] = part.max(axis=0)
        else:
            result[:, k] = np.count_nonzero(part > 0, axis=0) / part.shape[0]
    return result
