"""auto_arima over the M3 competition: accuracy, coverage and time, beside R, on the same series.

    python tests/benchmarks/bench_auto.py [--kinds monthly,yearly] [--only-r] [--peers N] [--hourly]

One thread; CPU time of `select_arrays`, forecasts left out. R's numbers (forecast::auto.arima, all
yearly, quarterly and other series, a seeded sample of 320 monthly ones) were made by
tests/results/auto_arima_m3.R and are read from tests/results/auto_arima_m3.csv. `--peers N` runs
statsforecast and pmdarima on the first N series of each kind, where they are installed. Series
come from ../shared/data/m3.parquet; where it is absent, the script says so and stops.
"""

from __future__ import annotations

import argparse
import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import math
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from tsconv.arima.choice import Choice
from tsconv.arima.report import describe
from tsconv.arima.sample import Sample
from tsconv.arima.selection import select_arrays
from tsconv.arima.selection.auto import chosen_fit
from tsconv.arima.selection.baselines import accuracy

HERE = Path(__file__).resolve()
M3 = HERE.parents[3] / "shared" / "data" / "m3.parquet"
REFERENCE = HERE.parents[1] / "results" / "auto_arima_m3.csv"
KINDS = ("yearly", "quarterly", "monthly", "other")
GOALS = {"yearly": 3.0, "quarterly": 12.0, "monthly": 35.0, "other": math.nan}


def load_series(path):
    data = pd.read_parquet(path)
    for name, rows in data.groupby("unique_id"):
        past = rows.loc[rows["split"] == "train", "y"].to_numpy(float)
        future = rows.loc[rows["split"] == "test", "y"].to_numpy(float)
        yield name, rows["period"].iloc[0], int(rows["freq"].iloc[0]), past, future


def judge(past, future, period, ahead):
    found = accuracy(past, future, *ahead, period)
    return {key: found[key] for key in ("smape", "mase", "coverage")}


def run_tsconv(past, period, steps):
    begin = time.process_time()
    selection = select_arrays(past, period)
    spent = time.process_time() - begin
    sample = Sample(past, np.empty((past.size, 0)))
    fit = chosen_fit(selection.fit, sample, Choice(pd.DataFrame(), period))
    table = fit.forecast(steps, level=95)
    ahead = [table[name].to_numpy() for name in ("mean", "lower_95", "upper_95")]
    return spent, ahead, describe(selection.spec), len(selection.tried)


def run_statsforecast(past, period, steps):
    from statsforecast.models import AutoARIMA

    begin = time.process_time()
    fitted = AutoARIMA(season_length=period).fit(past)
    spent = time.process_time() - begin
    found = fitted.predict(h=steps, level=[95])
    return spent, [found["mean"], found["lo-95"], found["hi-95"]], "", 0


def run_pmdarima(past, period, steps):
    import pmdarima

    begin = time.process_time()
    fitted = pmdarima.auto_arima(past, m=period, seasonal=period > 1, suppress_warnings=True)
    spent = time.process_time() - begin
    mean, limits = fitted.predict(n_periods=steps, return_conf_int=True, alpha=0.05)
    return spent, [np.asarray(mean), limits[:, 0], limits[:, 1]], "", 0


def table_of(rows):
    means = rows.groupby("kind", sort=False)[["smape", "mase", "coverage", "cpu"]].mean()
    means["cpu"] *= 1e3
    return means.rename(columns={"cpu": "cpu_ms"})


def run(engine, series, kinds, *, known=None, first=None):
    rows, seen = [], dict.fromkeys(kinds, 0)
    for name, kind, period, past, future in series:
        if kind not in kinds or (known is not None and name not in known):
            continue
        if first is not None and seen[kind] >= first:
            continue
        seen[kind] += 1
        spent, ahead, model, tried = engine(past, period, future.size)
        row = {"id": name, "kind": kind, "cpu": spent, "model": model, "tried": tried}
        rows.append(row | judge(past, future, period, ahead))
    return pd.DataFrame(rows)


def hourly():
    rng = np.random.default_rng(5)
    spent = []
    for _ in range(5):
        e = rng.standard_normal(700 + 48)
        y = np.convolve(e, [1.0, 0.5])[:748]
        for t in range(24, y.size):
            y[t] += y[t - 24] + 0.3 * (y[t - 1] - y[t - 25])
        begin = time.process_time()
        chosen = select_arrays(y[-700:], 24)
        spent.append(time.process_time() - begin)
        print(f"  hourly n = 700, period 24: {spent[-1]:.3f} s, {describe(chosen.spec)}")
    print(f"  mean {np.mean(spent):.3f} s (goal 0.5)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--only-r", action="store_true", help="only series that R has run")
    parser.add_argument("--peers", type=int, metavar="N")
    parser.add_argument("--hourly", action="store_true")
    parser.add_argument("--save", metavar="FILE")
    parser.add_argument("--data", type=Path, default=M3, metavar="FILE")
    options = parser.parse_args()
    if options.hourly:
        hourly()
        return
    if not options.data.is_file():
        sys.exit(f"{options.data} is not there; nothing to measure.")
    kinds = [kind for kind in KINDS if kind in options.kinds.split(",")]
    theirs = pd.read_csv(REFERENCE, index_col="id", comment="#")
    series = list(load_series(options.data))
    select_arrays(series[0][3], 1)  # imports
    begin = time.process_time()
    known = set(theirs.index) if options.only_r else None
    ours = run(run_tsconv, series, kinds, known=known, first=options.peers)
    whole = time.process_time() - begin
    print(f"tsconv, {len(ours)} series, {whole:.1f} s CPU in all, forecasts included")
    print(table_of(ours).assign(goal_ms=lambda x: [GOALS[kind] for kind in x.index]).round(4))
    if options.save:
        ours.to_csv(options.save, index=False)
    same = ours[ours["id"].isin(theirs.index)].set_index("id")
    r = theirs.loc[same.index]
    print(f"\non the {len(same)} series that R has run: tsconv")
    print(table_of(same).round(4))
    print("R")
    print(table_of(r).round(4))
    for name, engine in (("statsforecast", run_statsforecast), ("pmdarima", run_pmdarima)):
        if not options.peers:
            break
        try:
            __import__(name)
        except ImportError:
            print(f"{name} is not installed")
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            engine(series[0][3], 1, 1)
            print(f"\n{name}")
            print(table_of(run(engine, series, kinds, first=options.peers)).round(4))


if __name__ == "__main__":
    main()
