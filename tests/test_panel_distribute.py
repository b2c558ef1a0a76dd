"""The same numbers on a cluster, one worker lost on the way; the form Spark asks for."""

from __future__ import annotations

import inspect
import os
import signal
import time
from collections.abc import Iterator
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest

from tsconv import fit_panel
from tsconv.panel import fit_frames, forecast_frames, gather


@pytest.fixture(scope="module")
def frame():
    """Twenty-four monthly series in an order of their own, one of them bad; rows shuffled."""
    rng = np.random.default_rng(5)
    months = pd.date_range("2018-01-01", periods=50, freq="MS")
    frames = []
    for k in rng.permutation(24):
        y = rng.standard_normal(50).cumsum() if k != 7 else np.full(50, np.nan)
        frames.append(pd.DataFrame({"unique_id": f"s{k}", "ds": months, "y": y}))
    return pd.concat(frames).sample(frac=1, random_state=3).reset_index(drop=True)


@pytest.fixture(scope="module")
def here(frame):
    """Return what threads say."""
    return fit_panel(frame, order=(1, 1, 1))


@pytest.fixture
def client():
    """Start a cluster of three processes."""
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, dashboard_address=":0"
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


def same(panel, other) -> bool:
    """Whether two panels hold the same bytes, series by series."""
    a, b = panel.table, other.table
    return all(a[name].tolist() == b[name].tolist() for name in ("unique_id", "state", "reason"))


def test_dask_gives_the_same_bytes_though_a_worker_is_killed(client, frame, here, tmp_path):
    """A pandas and a Dask frame, whole series scattered; one process dies, nothing is lost."""
    import dask.dataframe as dd

    spread = fit_panel(frame, order=(1, 1, 1), engine="dask")
    assert same(spread, here)
    pd.testing.assert_frame_equal(spread.forecast(3), here.forecast(3))
    assert spread.failures["unique_id"].tolist() == ["s7"]

    pids = client.run(os.getpid)
    address, victim = sorted(pids.items())[0]
    mark = tmp_path / "killed"

    def kill(dask_worker=None):
        """End the process of one worker as soon as it has been given something to do."""
        import threading

        def wait():
            while not dask_worker.state.all_running_tasks:
                time.sleep(0.001)
            mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)

        threading.Thread(target=wait, daemon=True).start()

    client.run(kill, workers=[address])
    ddf = dd.from_pandas(frame, npartitions=5)
    again = fit_panel(ddf, order=(1, 1, 1), engine="dask")
    assert mark.read_text() == str(victim)
    assert same(again, here)
    # Dask keeps text in a dtype of its own
    pd.testing.assert_frame_equal(again.fits.astype({"unique_id": "str"}), here.fits)


def test_dask_needs_a_client(frame):
    """Without one, the message says what to make."""
    pytest.importorskip("distributed")
    with pytest.raises(ValueError, match=r"make a `dask.distributed\.Client` first"):
        fit_panel(frame, order=(1, 0, 0), engine="dask")


def partitions(frame: pd.DataFrame, n: int) -> list[list[pd.DataFrame]]:
    """Whole series by hash, each partition in several pieces, as Spark hands them over."""
    where = frame["unique_id"].map(lambda name: int(name[1:]) % n)
    wholes = [frame[where == k] for k in range(n)]
    return [[part.iloc[:40], part.iloc[40:41], part.iloc[41:]] for part in wholes]


def test_spark_form_of_fits(frame, here):
    """Iterator in, iterator out; tables of all partitions make the same panel."""
    tables = []
    for part in partitions(frame, 4):
        out = fit_frames(iter(part), order=(1, 1, 1))
        assert isinstance(out, Iterator)
        tables += list(out)
    panel = gather(pd.concat(tables))
    ids = pd.Index(panel.table["unique_id"]).get_indexer(here.table["unique_id"])
    for name in ("state", "reason", "model"):
        assert panel.table[name].iloc[ids].tolist() == here.table[name].tolist()
    assert len(panel.forecast(2)) == 46
    assert list(fit_frames(iter([]), order=(1, 0, 0))) == []


def test_spark_form_of_forecasts(frame, here):
    """One frame of forecasts for each partition, in the columns the documentation declares."""
    pieces = []
    for part in partitions(frame, 3):
        pieces += list(forecast_frames(iter(part), 2, level=95, order=(1, 1, 1)))
    table = pd.concat(pieces, ignore_index=True)
    declared = ["unique_id", "ds", "mean", "std_error", "lower_95", "upper_95", "reason"]
    assert table.columns.tolist() == declared
    done = table[table["reason"].isna()].drop(columns="reason")
    theirs = here.forecast(2, level=95)
    pd.testing.assert_frame_equal(
        done.sort_values(["unique_id", "ds"], ignore_index=True),
        theirs.sort_values(["unique_id", "ds"], ignore_index=True),
    )
    failed = table[table["reason"].notna()]
    assert failed["unique_id"].tolist() == ["s7"]
    assert failed[["ds", "mean"]].isna().all(axis=None)


@pytest.mark.parametrize("function", [fit_frames, forecast_frames])
def test_signature_is_that_of_map_in_pandas(function):
    """The first argument and the result are iterators of DataFrames."""
    hints = get_type_hints(function)
    first = next(iter(inspect.signature(function).parameters))
    assert hints[first] == Iterator[pd.DataFrame]
    assert hints["return"] == Iterator[pd.DataFrame]
