"""Models and fits in words: one line for the model, a few lines or a small table for the fit."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from tsconv._svg import stems_svg
from tsconv.arima.spec import ArimaSpec

if TYPE_CHECKING:
    from tsconv.arima.result import ArimaFit


def describe(spec: ArimaSpec) -> str:
    """Name a model: ``ARIMA(0,1,1)(0,1,1)[12] with drift``."""
    text = "ARIMA" + _order(spec.order)
    if spec.seasonal_ar_lags or spec.seasonal_ma_lags or spec.seasonal_d:
        text += _order(spec.seasonal_order[:3]) + f"[{spec.period}]"
    words = {0: "mean", 1: "drift" if spec.d + spec.seasonal_d else "trend"}
    extras = [words.get(power, f"t^{power}") for power in spec.trend_powers]
    if spec.exog:
        extras.append(f"{len(spec.exog)} regressor{'s' if len(spec.exog) > 1 else ''}")
    return text + (" with " + ", ".join(extras) if extras else "")


def describe_fit(fit: ArimaFit) -> str:
    """Describe a fit in three lines: model, estimates, likelihood."""
    shown = [f"{name} {value:.4g}" for name, value in zip(fit.names, fit.params, strict=True)]
    if len(shown) > 8:
        shown = [*shown[:6], "...", shown[-1]]
    lines = [
        f"<ArimaFit {describe(fit.spec)}{_scale(fit)}, {_rows(fit)}>",
        "  " + ", ".join(shown),
        f"  loglike {fit.loglike:.3f}, aic {fit.aic:.2f}" + ("" if fit.converged else _WARNING),
    ]
    return "\n".join(lines)


def describe_fit_html(fit: ArimaFit) -> str:
    """Describe a fit as a heading, its kernel's weights and a table of estimates."""
    head = f"<b>{html.escape(describe(fit.spec) + _scale(fit))}</b>, {html.escape(_rows(fit))}"
    foot = f"loglike {fit.loglike:.3f}, aic {fit.aic:.2f}, bic {fit.bic:.2f}"
    table = fit.table().to_html(float_format=lambda value: f"{value:.4g}")
    weights = stems_svg(fit.pi_weights(min(3 * max(fit.spec.period, 8), 60)))
    kernel = f"<br><small>whitening kernel: pi weights</small><br>{weights}"
    return f"<div>{head}{kernel}{table}{foot}{'' if fit.converged else _WARNING}</div>"


_WARNING = ", not converged"


def _order(order: tuple[object, ...]) -> str:
    parts = [str(list(k)) if isinstance(k, (tuple, list)) else str(k) for k in order]
    return "(" + ",".join(part.replace(" ", "") for part in parts) + ")"


def _rows(fit: ArimaFit) -> str:
    where = "" if fit.source == "tsconv" else f", estimated by {fit.source}"
    return f"{fit.n_obs} observations{where}"


def _scale(fit: ArimaFit) -> str:
    """Name the transformation that the model stands on."""
    power = fit.choice.lambda_
    return "" if power is None else f" of the Box-Cox transform with lambda {power:.3g}"
