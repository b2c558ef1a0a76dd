"""The package as a whole: public names, what importing it loads, its data and its type marker."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tsconv

PUBLIC = {
    "Kernel",
    "TimeKernel",
    "moving_average",
    "weighted",
    "gaussian",
    "binomial",
    "exponential",
    "difference",
    "ar",
    "ma",
    "arma",
    "sarima",
    "convolve",
    "cross_correlation",
    "autocovariance",
    "acf",
    "pacf",
    "ArimaFit",
    "fit_arima",
    "fit_ar",
    "auto_arima",
    "fit_model",
    "compare_models",
    "from_statsmodels",
    "load",
    "PanelFit",
    "fit_panel",
    "forecast_panel",
    "evaluate_panel",
    "find",
    "find_in_files",
    "correlation_profile",
    "Finder",
    "spectrum",
    "inverse_spectrum",
    "band_levels",
    "frequency_filter",
    "design_filter",
    "compress",
    "compression_errors",
    "diffuse",
    "Propagator",
    "propagator",
    "convolve_random",
    "draw_variance",
    "standardize",
    "decorrelate",
    "whiten",
    "whiteness",
    "KernelBank",
    "arima_bank",
    "convolve2d",
    "correlate2d",
    "log_spectrum",
    "direction_profile",
    "orientation",
    "template_scores",
    "match_template",
    "datasets",
    "plot",
}


def test_public_names_are_those_of_the_design():
    """``__all__`` is this list, sorted, and each name is there and documented."""
    assert set(tsconv.__all__) == PUBLIC | {"__version__"}
    assert len(tsconv.__all__) == len(set(tsconv.__all__))
    for name in PUBLIC:
        assert (getattr(tsconv, name).__doc__ or "").strip(), name


def test_version_is_that_of_the_distribution():
    """The version in the code is the one installed."""
    assert importlib.metadata.version("tsconvolve") == tsconv.__version__


def test_importing_loads_no_heavy_library():
    """``import tsconv`` adds few modules to ``import pandas``, and none of the heavy ones."""
    code = (
        "import sys, json, pandas; before = set(sys.modules); import tsconv;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    added = json.loads(result.stdout)
    heavy = {"scipy", "statsmodels", "matplotlib", "soundfile", "soxr", "click", "tqdm", "cffi"}
    assert not heavy & {name.split(".")[0] for name in added}
    others = [name for name in added if not name.startswith("tsconv")]
    assert len(others) <= 40, others


def test_sources_without_compiled_parts_say_what_to_do(tmp_path):
    """Python started in a checkout finds the sources first: the message names two ways out."""
    shutil.copytree(
        Path(tsconv.__file__).parent,
        tmp_path / "tsconv",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"),
    )
    result = subprocess.run(
        [sys.executable, "-c", "import tsconv"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ImportError: tsconv's compiled parts are not beside its sources")
    assert "start it in another folder" in last
    assert "pip install -e ." in last


@pytest.mark.parametrize("file", ["py.typed", "_version.py"])
def test_typing_marker_ships(file):
    """Type checkers see that the package is typed."""
    assert (importlib.resources.files("tsconv") / file).is_file()
