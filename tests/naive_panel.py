"""Slow, obvious twin of `evaluate_panel`: one series, one window, one row at a time."""

from __future__ import annotations

import math

from tsconv import fit_arima, fit_model


def naive_scores(y, order, seasonal, period, steps, n_windows, step, level):
    """Means over windows of MASE, sMAPE, RMSSE and coverage for one series without gaps."""
    totals = [0.0, 0.0, 0.0, 0.0]
    for window in range(n_windows):
        origin = len(y) - steps - (n_windows - 1 - window) * step
        train, came = y[:origin], y[origin : origin + steps]
        if isinstance(order, str):
            fit = fit_model(train, order, period=period)
        else:
            fit = fit_arima(train, order, seasonal_order=seasonal)
        forecast = fit.forecast(steps, level=level)
        changes = [train[t] - train[t - period] for t in range(period, origin)]
        absolute = sum(abs(c) for c in changes) / len(changes)
        square = sum(c * c for c in changes) / len(changes)
        off = off2 = share = inside = 0.0
        for h in range(steps):
            f = forecast["mean"].iloc[h]
            off += abs(came[h] - f) / steps
            off2 += (came[h] - f) ** 2 / steps
            share += 200 * abs(came[h] - f) / (abs(came[h]) + abs(f)) / steps
            low, high = forecast[f"lower_{level}"].iloc[h], forecast[f"upper_{level}"].iloc[h]
            inside += 100 * (low <= came[h] <= high) / steps
        scores = (off / absolute, share, math.sqrt(off2 / square), inside)
        for k, value in enumerate(scores):
            totals[k] += value / n_windows
    return totals
