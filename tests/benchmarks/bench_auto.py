"""auto_arima over the M3 competition: accuracy, coverage and time, beside R and other peers.

    python tests/benchmarks/bench_auto.py [--kinds monthly,yearly] [--only-r]   all series
    python tests/benchmarks/bench_auto.py --peers N      statsforecast and pmdarima, in turns
    python tests/benchmarks/bench_auto.py --searches N   stepwise, wide and exhaustive
    python tests/benchmarks/bench_auto.py --hourly       700 hours with a daily season

One thread; CPU time of `select_arrays`, forecasts left out. R's numbers (forecast::auto.arima) were
made by tests/results/auto_arima_m3.R and are read from tests/results/auto_arima_m3.csv. N series
of each kind are spread over all of it; engines take turns series by series. Series come from
../shared/data/m3.parquet or `--data FILE`; where it is absent, the script says so and stops.
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


def run_tsconv(past, period, steps, **options):
    begin = time.process_time()
    selection = select_arrays(past, period, **options)
    spent = time.process_time() - begin
    sample = Sample(past, np.empty((past.size, 0)))
    fit = chosen_fit(selection.fit, sample, Choice(pd.DataFrame(), period))
    table = fit.forecast(steps, level=95)
    ahead = [table[name].to_numpy() for name in ("mean", "lower_95", "upper_95")]
    return spent, ahead, describe(selection.spec), selection


def run_statsforecast(past, period, steps):
    from statsforecast.models import AutoARIMA

    begin = time.process_time()
    fitted = AutoARIMA(season_length=period).fit(past)
    spent = time.process_time() - begin
    found = fitted.predict(h=steps, level=[95])
    return spent, [found["mean"], found["lo-95"], found["hi-95"]], "", None


def run_pmdarima(past, period, steps):
    import pmdarima

    begin = time.process_time()
    fitted = pmdarima.auto_arima(past, m=period, seasonal=period > 1, suppress_warnings=True)
    spent = time.process_time() - begin
    mean, limits = fitted.predict(n_periods=steps, return_conf_int=True, alpha=0.05)
    return spent, [np.asarray(mean), limits[:, 0], limits[:, 1]], "", None


def table_of(rows):
    means = rows.groupby("kind", sort=False)[["smape", "mase", "coverage", "cpu"]].mean()
    means["cpu"] *= 1e3
    return means.rename(columns={"cpu": "cpu_ms"})


def run(engine, series):
    rows = []
    for name, kind, period, past, future in series:
        spent, ahead, model, _ = engine(past, period, future.size)
        row = {"id": name, "kind": kind, "cpu": spent, "model": model}
        rows.append(row | judge(past, future, period, ahead))
    return pd.DataFrame(rows)


def spread(series, count):
    """Take some series of each kind, evenly."""
    for kind in KINDS:
        some = [one for one in series if one[1] == kind]
        yield from (
            some[k] for k in np.linspace(0, len(some) - 1, min(count, len(some))).astype(int)
        )


def peers(series, theirs):
    engines = {"tsconv": run_tsconv}
    for name, engine in (("statsforecast", run_statsforecast), ("pmdarima", run_pmdarima)):
        try:
            __import__(name)
        except ImportError:
            print(f"{name} is not installed")
            continue
        engines[name] = engine
    found = {name: [] for name in engines}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for engine in engines.values():
            engine(series[0][3], 1, 1)  # compiles
        for one in series:
            for name, engine in engines.items():
                found[name].append(run(engine, [one]))
    tables = {name: table_of(pd.concat(rows)) for name, rows in found.items()}
    known = [one[0] for one in series if one[0] in theirs.index]
    tables["R, recorded"] = table_of(theirs.loc[known])
    print(f"{len(series)} series, engines in turns")
    print(pd.concat(tables, names=["engine"]).swaplevel().sort_index(sort_remaining=False).round(4))


def searches(series):
    rows = []
    for _, kind, period, past, future in series:
        first = None
        for search in ("stepwise", "wide", "exhaustive"):
            spent, ahead, _, chosen = run_tsconv(past, period, future.size, search=search)
            aicc = min(row.criterion for row in chosen.tried)
            first = aicc if first is None else first
            below = first - aicc if np.isfinite(first) else 0.0
            row = {"kind": kind, "search": search, "cpu_ms": 1e3 * spent}
            row |= {"models": len(chosen.tried), "aicc_below": below, "better": below > 0.01}
            rows.append(row | judge(past, future, period, ahead))
    print(f"{len(series)} series; aicc_below and better: than stepwise")
    table = pd.DataFrame(rows).groupby(["kind", "search"], sort=False).mean()
    print(table.round(3).to_string())


def hourly():
    rng = np.random.default_rng(5)
    spent = []
    for name, y in hours(rng):
        begin = time.process_time()
        chosen = select_arrays(y, 24)
        spent.append(time.process_time() - begin)
        model = f"{describe(chosen.spec)}, {len(chosen.tried)} models"
        print(f"{name:12s} {spent[-1]:.3f} s  {model}, converged: {chosen.fit.converged}")
    print(f"n = 700, period 24: mean {np.mean(spent):.3f} s, at most {max(spent):.3f} s (goal 0.5)")


def hours(rng, n=700):
    """Series of hours: drawn from a seasonal model, and like loads, traffic, sun and sales."""
    t = np.arange(n)
    day, week = 2 * np.pi * t / 24, 2 * np.pi * t / 168
    for k in range(4):
        e = rng.standard_normal(n + 48)
        y = np.convolve(e, [1.0, 0.5])[: n + 48]
        for i in range(24, y.size):
            y[i] += y[i - 24] + 0.3 * (y[i - 1] - y[i - 25])
        yield f"model {k + 1}", y[-n:]
    for k in range(6):
        weather = np.zeros(n)
        e = rng.standard_normal(n)
        for i in range(1, n):
            weather[i] = 0.97 * weather[i - 1] + e[i]
        shape = np.sin(day - 1.5) + 0.4 * np.sin(2 * day + 0.7) + 0.15 * np.sin(3 * day)
        weekend = 1 - 0.15 * (t // 24 % 7 > 4)
        noise = 40 * rng.standard_normal(n)
        yield (
            f"load {k + 1}",
            (20_000 + 3 * k * t + 3_000 * shape) * weekend + 250 * weather + noise,
        )
    for k in range(3):
        rate = np.exp(3 + np.sin(day - 2) + 0.3 * np.sin(week) + 0.1 * k)
        yield f"traffic {k + 1}", rng.poisson(rate).astype(float)
    for k in range(3):
        cloud = 1 / (
            1 + np.exp(-np.convolve(rng.standard_normal(n + 11), np.ones(12) / 4)[11 : n + 11])
        )
        yield f"sun {k + 1}", 800 * np.maximum(np.sin(day - np.pi / 2), 0) * cloud
    for k in range(2):
        sold = rng.poisson(0.3 + 0.3 * np.sin(day) + 0.1 * k)
        yield f"sales {k + 1}", np.maximum(sold, 0).astype(float)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--only-r", action="store_true", help="only series that R has run")
    parser.add_argument("--peers", type=int, metavar="N")
    parser.add_argument("--searches", type=int, metavar="N")
    parser.add_argument("--hourly", action="store_true")
    parser.add_argument("--save", metavar="FILE")
    parser.add_argument("--data", type=Path, default=M3, metavar="FILE")
    options = parser.parse_args()
    if options.hourly:
        hourly()
        return
    if not options.data.is_file():
        sys.exit(f"{options.data} is not there; nothing to measure.")
    theirs = pd.read_csv(REFERENCE, index_col="id", comment="#")
    series = [one for one in load_series(options.data) if one[1] in options.kinds.split(",")]
    select_arrays(series[0][3], 1)  # imports
    if options.peers:
        peers(list(spread(series, options.peers)), theirs)
        return
    if options.searches:
        searches(list(spread(series, options.searches)))
        return
    if options.only_r:
        series = [one for one in series if one[0] in theirs.index]
    begin = time.process_time()
    ours = run(run_tsconv, series)
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


if __name__ == "__main__":
    main()
