"""Many series: time, threads, memory, and accuracy on M3.

    python tests/benchmarks/bench_panel.py            all of it
    python tests/benchmarks/bench_panel.py --only speed|threads|memory|m3 [--kinds monthly]

Times are CPU seconds of the process unless they say wall. Two threads against one are timed in
turns; best and median of the ratios of wall times are to be read beside the load, and beside what
the CPU times promise on two free processors, which load does not touch. The M3
data are not part of the project; where `--m3 FILE` is absent that part says so and is left out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import multiprocessing
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tsconv import evaluate_panel, fit_panel

M3 = Path(__file__).resolve().parents[3] / "shared" / "data" / "m3.parquet"
TURNS = 7
MODELS: dict[str, dict[str, Any]] = {
    "(1,0,0)": {"order": (1, 0, 0)},
    "(0,1,1)": {"order": (0, 1, 1)},
    "airline, s = 7": {"order": (0, 1, 1), "seasonal_order": (0, 1, 1)},
    "seasonal naive": {"order": "seasonal_naive"},
    "auto": {},
}


def simulated(n_series: int, n: int = 200) -> pd.DataFrame:
    """Daily walks with a weekly season."""
    rng = np.random.default_rng(1)
    y = rng.standard_normal((n_series, n)).cumsum(axis=1) + 3 * (np.arange(n) % 7 == 0)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n_series), n),
            "ds": np.tile(pd.date_range("2024-01-01", periods=n), n_series),
            "y": y.ravel(),
        }
    )


def speed(models: dict[str, dict[str, Any]] = MODELS) -> None:
    """CPU time for each series must not depend on their number."""
    print("\nCPU us a series (200 rows, one thread), fit / forecast of 14 rows; slope of fit times")
    sizes = (250, 500, 1_000, 2_000)
    print(f"{'model':16s} " + " ".join(f"{n:>14,d}" for n in sizes) + "   time ~ n^")
    for name, model in models.items():
        cells, walls = [], []
        fit_panel(simulated(4), n_threads=1, **model).forecast(14)
        for n in sizes:
            df = simulated(n)
            start = time.process_time()
            panel = fit_panel(df, n_threads=1, **model)
            middle = time.process_time()
            panel.forecast(14)
            stop = time.process_time()
            walls.append(middle - start)
            cells.append(f"{walls[-1] / n * 1e6:.0f} / {(stop - middle) / n * 1e6:.0f}")
        slope = np.polyfit(np.log(sizes), np.log(walls), 1)[0]
        print(f"{name:16s} " + " ".join(f"{cell:>14s}" for cell in cells) + f"   {slope:.2f}")


def threads() -> None:
    """Wall time of one thread over that of two, in turns; what one thread must do alone."""
    print(f"\none thread / two threads, wall; load {os.getloadavg()[0]:.1f}")
    cases = {
        "(1,0,0)": (20_000, {"order": (1, 0, 0)}),
        "airline, s = 7": (2_000, {"order": (0, 1, 1), "seasonal_order": (0, 1, 1)}),
        "(2,1,2)": (400, {"order": (2, 1, 2)}),
        "auto": (60, {}),
    }
    for name, (n, model) in cases.items():
        df = simulated(n)
        fit_panel(df[df["unique_id"] < 4], **model)
        ratios, alone, costs = [], [], []
        for _ in range(TURNS):
            walls, cpus = [], []
            for count in (1, 2):
                start, cpu, mine = time.perf_counter(), time.process_time(), time.thread_time()
                fit_panel(df, n_threads=count, **model)
                walls.append(time.perf_counter() - start)
                cpus.append(time.process_time() - cpu)
            alone.append((time.thread_time() - mine) / cpus[1])
            ratios.append(walls[0] / walls[1])
            costs.append(cpus[1] / cpus[0])
        share, cost = np.median(alone), np.median(costs)
        print(
            f"{name:16s} best {max(ratios):.2f}, median {np.median(ratios):.2f} of {TURNS} turns;"
            f" CPU time {cost:.2f} times that of one thread, {100 * share:.1f} % of it in the"
            f" calling thread: {2 / (1 + share) / cost:.2f} on two free processors"
        )


def _peak(n_series: int, name: str, queue: multiprocessing.Queue) -> None:
    df = simulated(n_series)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    panel = fit_panel(df, **MODELS[name])
    cpu = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record = panel.table.memory_usage(deep=True).drop("Index").sum() / len(panel)
    queue.put((before, peak, cpu, record, len(panel.failures)))


def memory(n_series: int = 100_000) -> None:
    """Peak resident memory of a fresh process, the frame itself included."""
    print(f"\n{n_series:,} series of 200 rows: peak memory, frame included (goal: 2 GB)")
    context = multiprocessing.get_context("spawn")
    sizes = {"(1,0,0)": n_series, "(0,1,1)": n_series, "airline, s = 7": n_series}
    for name, n in [*sizes.items(), ("auto", 50), ("auto", 400)]:
        queue = context.Queue()
        process = context.Process(target=_peak, args=(n, name, queue))
        process.start()
        before, peak, cpu, record, failed = queue.get()
        process.join()
        print(
            f"{name:16s} {n:,} series: frame made {before / 1e6:.3f} GB,"
            f" fitted {peak / 1e6:.3f} GB, {cpu:.1f} CPU s, result {record:.0f} bytes a series,"
            f" {failed} failures"
        )


def m3(path: Path, kinds: list[str]) -> None:
    """All series, orders from the data, forecasts of the held-back rows."""
    if not path.exists():
        print(f"\nM3 left out: there is no file {path}.")
        return
    table = pd.read_parquet(path)
    print("\nM3, order='auto', one thread: sMAPE, MASE, coverage in per cent")
    total, n_all = 0.0, 0
    for kind in kinds:
        part = table[table["period"] == kind].sort_values(["unique_id", "t"])
        season = int(part["freq"].iloc[0])
        steps = int((part["split"] == "test").groupby(part["unique_id"]).sum().iloc[0])
        start = time.process_time()
        found = evaluate_panel(
            part,
            steps,
            period=season,
            time_col="t",
            exog_cols=(),
            n_threads=1,
            progress=False,
        )
        cpu = time.process_time() - start
        n = part["unique_id"].nunique()
        total, n_all = total + cpu, n_all + n
        print(f"{kind}: {n} series, {cpu:.1f} CPU s, {1e3 * cpu / n:.1f} ms a series")
        columns = ["smape", "mase", "rmsse", "coverage_80", "coverage_95"]
        print(found.by_model[columns].round(3).to_string(), flush=True)
        if len(found.failures):
            print(found.failures.head().to_string())
    print(f"together: {n_all} series, {total:.1f} CPU s")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["speed", "threads", "memory", "m3"])
    parser.add_argument("--m3", type=Path, default=M3)
    parser.add_argument("--kinds", nargs="+", default=["yearly", "quarterly", "other", "monthly"])
    given = parser.parse_args()
    print(f"numpy {np.__version__}, pandas {pd.__version__}, {os.cpu_count()} processors")
    for name, part in (("speed", speed), ("threads", threads), ("memory", memory)):
        if given.only in (None, name):
            part()
    if given.only in (None, "m3"):
        m3(given.m3, given.kinds)


if __name__ == "__main__":
    main()
