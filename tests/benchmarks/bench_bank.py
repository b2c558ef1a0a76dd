"""What the features of a kernel bank are worth beside MiniRocket: accuracy and time.

    pip install ".[sklearn]" aeon
    OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 python tests/benchmarks/bench_bank.py

Data: the classification problems that ship inside aeon, with their published split into train and
test. Each transformer is followed by the same standardisation and the same ridge classifier
(penalty by leave-one-out on the training set). Series are used as they come. Time is processor time
for transforming train and test and fitting, the second run of two (aeon compiles itself in the
first; that is shown apart). One thread.
"""

from __future__ import annotations

import platform
import time
from importlib import metadata
from typing import Any

import numpy as np
from aeon.datasets import load_classification
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsconv import KernelBank, arima_bank
from tsconv.sklearn import KernelBankTransformer

PROBLEMS = ("ArrowHead", "GunPoint", "ItalyPowerDemand", "OSULeaf")


def transformers() -> dict[str, Any]:
    scales = [2, 3, 5, 9, 17, 33]
    return {
        "arima_bank": KernelBankTransformer(),
        "arima_bank, 4 windows": KernelBankTransformer(n_windows=4),
        "arima_bank, 6 scales, 8 windows": KernelBankTransformer(
            arima_bank(scales=scales), n_windows=8
        ),
        "raw values": KernelBankTransformer(
            KernelBank({"x": [1.0]}), statistics=["mean"], n_windows=24
        ),
        "MiniRocket, 10,000 kernels": MiniRocket(random_state=0),
    }


def main() -> None:
    versions = {p: metadata.version(p) for p in ("aeon", "scikit-learn", "numpy")}
    print(platform.processor() or platform.machine(), versions)
    columns = f"{'features':>8s} {'accuracy':>8s} {'first s':>8s} {'s':>7s}"
    print(f"{'problem':18s} {'transformer':32s} {columns}")
    for problem in PROBLEMS:
        parts = {}
        for split in ("train", "test"):
            values, labels = load_classification(problem, split=split)
            parts[split] = np.asarray(values, dtype=float), labels
        for name, transformer in transformers().items():
            spent = []
            for _ in range(2):
                start = time.process_time()
                # MiniRocket wants (series, channels, time), the transformer (series, time).
                rocket = isinstance(transformer, MiniRocket)
                train, test = (
                    parts[split][0] if rocket else parts[split][0][:, 0]
                    for split in ("train", "test")
                )
                features = np.asarray(transformer.fit(train).transform(train))
                model = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))
                model.fit(features, parts["train"][1])
                others = np.asarray(transformer.transform(test))
                accuracy = model.score(others, parts["test"][1])
                spent.append(time.process_time() - start)
            print(
                f"{problem:18s} {name:32s} {features.shape[1]:8d} {accuracy:8.3f}"
                f" {spent[0]:8.2f} {spent[1]:7.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
