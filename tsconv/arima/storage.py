"""Fits as JSON files under 10 kB: `save` and `load`.

A file holds the specification, the estimates and their covariance, and either the observations
(where they fit) or the state of the recursion after the last of them. Long arrays are packed: bytes
of float64, sorted by significance, compressed, base64. Numbers come back to the last bit.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray
from tsconv.arima.certificate import Certificate, Factors
from tsconv.arima.choice import PLAIN, Choice
from tsconv.arima.equation import EquationTerms
from tsconv.arima.forecast import extra_variances
from tsconv.arima.future import State
from tsconv.arima.labels import Continuation
from tsconv.arima.sample import Sample, take_sample
from tsconv.arima.spec import ArimaSpec

if TYPE_CHECKING:
    from tsconv.arima.result import ArimaFit

FORMAT = "tsconv.ArimaFit"
VERSION = 2
"""1 was without `choice`; files of fits without one still are."""
SIZE_LIMIT = 10_000
"""Bytes a file is kept under, by leaving out what can be left out."""

_N_EXTRA = 400
# Of the models tried, so many are kept.
_N_MODELS = 20


def save(fit: ArimaFit, path: str | os.PathLike[str]) -> None:
    """Write a fit to a JSON file.

    Parameters
    ----------
    fit : ArimaFit
        What to write. Its standard errors are computed now.
    path : str or PathLike
        File; an existing one is replaced.

    Notes
    -----
    Kept under 10 kB in this order: with the observations; without them, with the state of the
    recursion; with the uncertainty of that state for the next 400 steps only. Of the models that
    `auto_arima` tried the 20 best are kept. An index without a
    frequency is not kept: rows are numbered after `load`.
    """
    text = ""
    for memory in _memories(fit):
        text = json.dumps({**_model(fit), **memory()}, separators=(",", ":"), allow_nan=True)
        if len(text) < SIZE_LIMIT:
            break
    Path(path).write_text(text + "\n", encoding="utf-8")


def load(path: str | os.PathLike[str], *, y: Any = None, exog: Any = None) -> ArimaFit:
    """Read a fit written by `ArimaFit.save`.

    Parameters
    ----------
    path : str or PathLike
        File.
    y : array_like or Series, optional
        The observations of the fit, for residuals, `append` and the like, where the file was too
        small to hold them. Forecasts and standard errors do not need them.
    exog : array_like, Series or DataFrame, optional
        Their regressors.

    Returns
    -------
    ArimaFit

    Raises
    ------
    ValueError
        If the file is something else, or `y` has another length.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from tsconv import datasets
    >>> from tsconv.arima import fit_arima, load
    >>> fit = fit_arima(datasets.load_nile(), (0, 1, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fit.save(pathlib.Path(folder, "nile.json"))
    ...     again = load(pathlib.Path(folder, "nile.json"))
    >>> again.forecast(3).equals(fit.forecast(3))
    True
    """
    from tsconv.arima.result import ArimaFit

    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"`path` must be a file written by `save`; {path} is not JSON.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"`path` must be a file written by `save`; {path} is something else.")
    if content["version"] > VERSION:
        raise ValueError(
            f"{path} was written by a newer tsconv (file version {content['version']}, known up to"
            f" {VERSION}). Upgrade tsconv."
        )
    spec = _spec_from(content["spec"])
    estimates = np.array(content["estimates"])
    equation = None
    if content["equation"] is not None:
        equation = _equation_from(content["equation"])
    goes_on = _continuation_from(content["continuation"])
    name, n = content["name"], content["n"]
    exog_names = tuple(content["exog_names"])
    choice = _choice_from(content.get("choice"))
    sample = saved = None
    if y is not None:
        sample = take_sample(y, exog, names=exog_names)
        sample = dataclasses.replace(sample, y=choice.forward(sample.y))
        if sample.n != n:
            raise ValueError(f"`y` must have the {n} rows of the fit; got {sample.n}.")
    elif "y" in content:
        values = _unpack(content["y"])
        columns = _unpack(content["exog"]) if exog_names else np.empty((n, 0))
        sample = Sample(values, columns, exog_names, _index_before(goes_on, n), name)
    else:
        kept = content["state"]
        state = State(
            n, kept["n_ahead"], *(_unpack(kept[key]) for key in ("noise", "errors", "uncertainty"))
        )
        saved = (state, goes_on, name)
    covariance = content["covariance"]
    return ArimaFit(
        spec,
        estimates,
        content["loglike"],
        content["n_obs"],
        converged=content["converged"],
        cov_type=content["cov_type"],
        certificate=_certificate_from(content["certificate"], spec, estimates),
        equation=equation,
        source=content["source"],
        choice=choice,
        _sample=sample,
        _covariance=None if covariance is None else _symmetric(_unpack(covariance)),
        _saved=saved,
    )


# ---------------------------------------------------------------------- parts of a file


def _model(fit: ArimaFit) -> dict[str, Any]:
    state, goes_on, name = fit._state
    lower = np.tril_indices(len(fit.names))
    return {
        "format": FORMAT,
        "version": 1 if fit.choice is PLAIN else VERSION,
        "spec": _spec_to(fit.spec),
        "estimates": fit.estimates.tolist(),
        "loglike": fit.loglike,
        "n_obs": fit.n_obs,
        "converged": fit.converged,
        "cov_type": fit.cov_type,
        "certificate": _certificate_to(fit.certificate),
        "source": fit.source,
        "equation": None if fit.equation is None else _plain(dataclasses.asdict(fit.equation)),
        "covariance": _pack(fit.cov_params.to_numpy()[lower]),
        "continuation": _continuation_to(goes_on),
        "name": name if isinstance(name, (str, int, float, type(None))) else str(name),
        "n": state.n,
        "exog_names": list(fit._exog_names),
        **({} if fit.choice is PLAIN else {"choice": _choice_to(fit.choice)}),
    }


def _memories(fit: ArimaFit) -> list[Callable[[], dict[str, Any]]]:
    """Ways to remember the past, the fullest first."""
    state = fit._state[0]
    ways: list[Callable[[], dict[str, Any]]] = []
    # No packing gets ten numbers of full precision into much less than their bytes.
    if fit._sample is not None and fit._sample.n < 4 * SIZE_LIMIT:
        sample = fit._sample
        ways.append(lambda: {"y": _pack(sample.y), "exog": _pack(sample.exog)})
    ways.append(lambda: {"state": _state_to(state, state.uncertainty)})
    if state.uncertainty.ndim == 2 and state.uncertainty.size:
        ways.append(lambda: {"state": _state_to(state, _extra_variances(fit, state))})
    return ways


def _state_to(state: State, uncertainty: FloatArray) -> dict[str, Any]:
    return {
        "n_ahead": state.n_ahead,
        "noise": _pack(state.noise),
        "errors": _pack(state.errors),
        "uncertainty": _pack(uncertainty),
    }


def _extra_variances(fit: ArimaFit, state: State) -> FloatArray:
    """Compute what the uncertainty of the past adds to the variance of the next forecasts."""
    return extra_variances(fit.spec, fit.estimates, state.uncertainty, _N_EXTRA)


def _spec_to(spec: ArimaSpec) -> dict[str, Any]:
    return {
        "order": _plain(spec.order),
        "seasonal_order": _plain(spec.seasonal_order),
        "trend": _plain(spec.trend),
        "exog": list(spec.exog),
        "fixed": dict(spec.fixed or ()),
    }


def _spec_from(content: dict[str, Any]) -> ArimaSpec:
    return ArimaSpec(
        tuple(content["order"]),
        tuple(content["seasonal_order"]),
        content["trend"],
        content["exog"],
        content["fixed"],
    )


def _equation_from(content: dict[str, Any]) -> EquationTerms:
    return EquationTerms(
        tuple(content["names"]),
        np.array(content["coefs"]),
        tuple(content["powers"]),
        content["offset"],
        content["period"],
        tuple(content["seasons"]),
        content["n_exog"],
    )


def _certificate_to(certificate: Any) -> Any:
    """Write the numbers; the roots follow from the estimates."""
    if certificate is None:
        return None
    names = [one.name for one in dataclasses.fields(certificate) if one.name != "_factors"]
    return {name: _plain(getattr(certificate, name)) for name in names}


def _certificate_from(content: Any, spec: ArimaSpec, estimates: FloatArray) -> Any:
    if content is None:
        return None
    factors = Factors(*spec.ar_factors(estimates), *spec.ma_factors(estimates))
    return Certificate(**content, _factors=factors)


def _choice_to(choice: Choice) -> dict[str, Any]:
    """Write the best models of the table, and the transformation."""
    models = choice.models.head(_N_MODELS)
    return {
        "period": choice.period,
        "lambda_": choice.lambda_,
        "bias_adjust": choice.bias_adjust,
        "n_coefs": choice.n_coefs,
        "models": {str(name): models[name].tolist() for name in models.columns},
    }


def _choice_from(content: Any) -> Choice:
    if content is None:
        return PLAIN
    return Choice(
        pd.DataFrame(content["models"]),
        content["period"],
        content["lambda_"],
        content["bias_adjust"],
        content["n_coefs"],
    )


def _continuation_to(goes_on: Continuation) -> dict[str, Any]:
    last, step = goes_on.last, goes_on.step
    content = {"kind": goes_on.kind, "last": last, "step": step, "name": goes_on.name}
    if goes_on.kind == "datetime":
        zone = last.tz
        content["zone"] = None if zone is None else str(zone)
        content["unit"] = last.unit
        content["last"] = (
            last if zone is None else last.tz_convert("UTC").tz_localize(None)
        ).isoformat()
        content["step"] = _frequency(step)
    elif goes_on.kind == "timedelta":
        content["unit"] = last.unit
        content["last"] = last.isoformat()
        content["step"] = _frequency(step)
    elif goes_on.kind == "period":
        content["last"], content["step"] = str(last), step.freqstr
    return content


def _continuation_from(content: dict[str, Any]) -> Continuation:
    kind, last, step = content["kind"], content["last"], content["step"]
    if kind == "datetime":
        last = pd.Timestamp(last).as_unit(content["unit"])
        if content["zone"] is not None:
            last = last.tz_localize("UTC").tz_convert(content["zone"])
        step = pd.tseries.frequencies.to_offset(step)
    elif kind == "timedelta":
        last = pd.Timedelta(last).as_unit(content["unit"])
        step = pd.tseries.frequencies.to_offset(step)
    elif kind == "period":
        last = pd.Period(last, freq=step)
        step = last.freq
    return Continuation(kind, last, step, content["name"])


def _frequency(step: Any) -> str:
    return str(pd.tseries.frequencies.to_offset(step).freqstr)


def _index_before(goes_on: Continuation, n: int) -> pd.Index | None:
    """Make the n labels that end with the last one."""
    last, step, name = goes_on.last, goes_on.step, goes_on.name
    if goes_on.kind == "position":
        return None
    if goes_on.kind == "number":
        if isinstance(last, int) and isinstance(step, int):
            return pd.RangeIndex(last - (n - 1) * step, last + step, step, name=name)
        numbers: pd.Index = pd.Index(last - step * np.arange(n - 1.0, -1.0, -1.0), name=name)
        return numbers
    spans: dict[str, Any] = {
        "datetime": pd.date_range,
        "timedelta": pd.timedelta_range,
        "period": pd.period_range,
    }
    index: pd.Index = spans[goes_on.kind](end=last, periods=n, freq=step, name=name)
    return index


# ---------------------------------------------------------------------- numbers


def _pack(values: FloatArray) -> dict[str, Any]:
    array = np.ascontiguousarray(values, dtype="<f8")
    by_significance = array.reshape(-1).view(np.uint8).reshape(-1, 8).T.tobytes()
    packed = base64.b64encode(zlib.compress(by_significance, 9)).decode("ascii")
    return {"shape": list(array.shape), "float64": packed}


def _unpack(content: dict[str, Any]) -> FloatArray:
    raw = np.frombuffer(zlib.decompress(base64.b64decode(content["float64"])), dtype=np.uint8)
    array = np.ascontiguousarray(raw.reshape(8, -1).T).reshape(-1).view("<f8")
    return array.astype(np.float64).reshape(content["shape"])


def _symmetric(lower: FloatArray) -> FloatArray:
    """Build a symmetric matrix from its lower triangle, row by row."""
    k = round((np.sqrt(8 * lower.size + 1) - 1) / 2)
    matrix = np.zeros((k, k))
    matrix[np.tril_indices(k)] = lower
    return matrix + np.tril(matrix, -1).T


def _plain(value: Any) -> Any:
    """Turn tuples, arrays and numpy's numbers into what JSON knows."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value
