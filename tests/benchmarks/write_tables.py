"""Run benchmark scripts and keep what they print for the documentation's page on speed.

    python tests/benchmarks/write_tables.py [NAME ...]

NAME is one of the scripts below without its ending; by default all. Each table is written to
docs/explanation/benchmarks/NAME.txt, headed by the command, the machine and the versions that made
it. Run it on a quiet machine; peers that are not installed are left out by the scripts themselves.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "docs" / "explanation" / "benchmarks"
OPTIONS = {
    "bench_convolve": ["--quick"],
    "bench_arima": ["--fast"],
    "bench_auto": ["", "--peers 20", "--searches 60", "--hourly"],
    "bench_search": ["--full"],
    "bench_picture": ["--budget 0.3"],
    "bench_panel": ["--only speed", "--only threads", "--only memory"],
}
PEERS = ("numpy", "scipy", "pandas", "statsmodels", "astropy", "bottleneck", "statsforecast")
PEERS += (
    "pmdarima",
    "stumpy",
    "obspy",
    "opencv-python-headless",
    "scikit-image",
    "aeon",
    "EQcorrscan",
    "matchedfilter",
)


def machine() -> str:
    """Name the processor, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    return f"{model or platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def versions() -> str:
    """Name what is installed of the libraries that matter."""
    found = [f"Python {platform.python_version()}"]
    for name in ("tsconvolve", *PEERS):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def write(name: str) -> None:
    """Run one script, once for each set of options, and keep its output."""
    one_thread = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    parts = [f"{machine()}\n{versions()}\n{datetime.date.today()}\n"]
    for options in OPTIONS[name]:
        command = [f"tests/benchmarks/{name}.py", *options.split()]
        result = subprocess.run(
            [sys.executable, *command],
            cwd=HERE.parents[1],
            env=os.environ | one_thread,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        parts.append(f"python {' '.join(command)}\n\n{result.stdout.strip()}\n")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.txt").write_text("\n".join(parts), encoding="utf-8")
    print(f"written: {name}", flush=True)


def main() -> None:
    """Write the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(OPTIONS))
    names = parser.parse_args().names or list(OPTIONS)
    unknown = sorted(set(names) - set(OPTIONS))
    if unknown:
        parser.error(f"no such table: {', '.join(unknown)}; choose from {', '.join(OPTIONS)}")
    for name in names:
        write(name)


if __name__ == "__main__":
    main()
