"""The wider picture against its peers: spectra, filters, heat, chance, whitening; kernels, images.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_picture.py
    python tests/benchmarks/bench_picture.py --only heat --only white

Each row is a task done by tsconv's public function and by its peers, arrays or Series in, the same
result out: results are compared before anything is timed. Every round visits all in random order;
shown is the median processor time as a multiple of tsconv's (above 1: tsconv is faster; a ``<``
marks rows in which a peer is faster by more than 1.2).

To add rows, write a function that yields `Task`s and put it into `TABLES`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.fft
import scipy.ndimage
import scipy.signal

import tsconv

Function = Callable[[], object]


@dataclass(frozen=True)
class Task:
    """One row: what is done, by tsconv and by peers, and how nearly results must agree."""

    name: str
    ours: Function
    peers: dict[str, Function]
    tolerance: float | None = 1e-10  # of the largest value; None where results are random


def spectra() -> Iterator[Task]:
    for n in (1_000, 100_000, 1_000_000):
        x = pd.Series(np.random.default_rng(1).normal(size=n))

        def table(x=x, n=n):
            c = scipy.fft.rfft(x.to_numpy())
            size = np.abs(c)
            sides = np.full(c.size, 2.0)
            sides[0] = 1.0
            sides[-1] = 1.0 if n % 2 == 0 else 2.0
            columns = {
                "amplitude": size * (sides / n),
                "phase": np.angle(c),
                "power": size**2 * (sides / n**2),
            }
            return pd.DataFrame(columns, index=scipy.fft.rfftfreq(n))

        yield Task(f"spectrum, n = {n:,}", lambda x=x: tsconv.spectrum(x), {"scipy": table})

        def welch(x=x):
            freqs, power = scipy.signal.welch(x.to_numpy(), nperseg=256, detrend=False)
            return pd.DataFrame({"power": power / 256}, index=freqs)

        yield Task(
            f"Welch, n = {n:,}",
            lambda x=x: tsconv.spectrum(x, method="welch", segment=256),
            {"scipy": welch},
        )
    x = np.random.default_rng(1).normal(size=480_000)
    edges = np.geomspace(20, 20_000, 11)

    def spectrogram():
        freqs, _, power = scipy.signal.spectrogram(
            x, 48_000, "hann", 4800, 2400, detrend=False, scaling="density"
        )
        width = freqs[1]
        low = np.clip(freqs - width / 2, edges[:-1, None], edges[1:, None])
        high = np.clip(freqs + width / 2, edges[:-1, None], edges[1:, None])
        return ((high - low) @ power).T

    yield Task(
        "bands over time, 10 s of sound",
        lambda: tsconv.band_levels(x, fs=48_000, bands=edges, window=4800, scale="power"),
        {"scipy": spectrogram},
    )


def filters() -> Iterator[Task]:
    for n in (1_000, 100_000):
        x = pd.Series(np.random.default_rng(1).normal(size=n))

        def mask(x=x, n=n):
            c = scipy.fft.rfft(x.to_numpy())
            c[scipy.fft.rfftfreq(n) > 0.1 + 1e-13] = 0
            return pd.Series(scipy.fft.irfft(c, n), index=x.index)

        yield Task(
            f"ideal low-pass, n = {n:,}",
            lambda x=x: tsconv.frequency_filter(x, high=0.1, boundary="wrap"),
            {"scipy": mask},
        )
    image = scipy.ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(512, 512)), 2)

    def keep():
        c = scipy.fft.dctn(image, norm="ortho")
        size = np.abs(c).ravel()
        count = round(0.05 * size.size)
        bound = np.partition(size, size.size - count)[size.size - count]
        c[np.abs(c) < bound] = 0
        return scipy.fft.idctn(c, norm="ortho")

    yield Task(
        "compress and restore, 512 x 512",
        lambda: tsconv.compress(image, keep=0.05).restore(),
        {"scipy": keep},
    )


def heat() -> Iterator[Task]:
    for n in (64, 256, 1024):
        image = np.random.default_rng(1).normal(size=(n, n))
        # Time 12.5: a Gaussian of standard deviation 5, cut off where it is 1e-12

        def transform(image=image):
            # The same convolution on a ring, by scipy's own spectral Gaussian.
            c = scipy.ndimage.fourier_gaussian(scipy.fft.fft2(image), 5.0)
            return scipy.fft.ifft2(c).real

        yield Task(
            f"heat on a ring, {n} x {n}",
            lambda image=image: tsconv.diffuse(image, 12.5, boundary="wrap"),
            {"ndimage fourier_gaussian": transform},
        )

        def direct(image=image):
            return scipy.ndimage.gaussian_filter(image, 5.0, mode="reflect", truncate=7.4)

        yield Task(
            f"heat, insulated, {n} x {n}",
            lambda image=image: tsconv.diffuse(image, 12.5),
            {"ndimage gaussian_filter": direct},
            tolerance=1e-9,
        )


def chance() -> Iterator[Task]:
    x = np.random.default_rng(1).normal(size=10_000)
    for m in (3, 31):
        p = scipy.signal.windows.gaussian(m, m / 6)
        p /= p.sum()

        def choice(p=p, m=m):
            lags = np.random.default_rng(2).choice(m, size=(x.size, 100), p=p)
            padded = np.pad(x, (m - 1, 0), mode="wrap")
            return padded[np.arange(x.size)[:, None] + (m - 1) - lags]

        yield Task(
            f"100 draws of 10,000 samples, {m} taps",
            lambda p=p: tsconv.convolve_random(x, p, 100, rng=2, boundary="wrap"),
            {"numpy choice": choice},
            tolerance=None,
        )


def white() -> Iterator[Task]:
    x = np.random.default_rng(1).normal(size=(20_000, 20)) @ np.random.default_rng(2).normal(
        size=(20, 20)
    )

    def by_hand():
        centred = x - x.mean(axis=0)
        values, vectors = np.linalg.eigh(centred.T @ centred / x.shape[0])
        return centred @ (vectors / np.sqrt(values)) @ vectors.T

    yield Task(
        "decorrelate (ZCA), 20,000 x 20",
        lambda: tsconv.decorrelate(x, method="zca").data,
        {"numpy": by_hand},
        tolerance=1e-8,
    )
    try:
        from sklearn.covariance import ledoit_wolf
        from sklearn.decomposition import PCA
    except ImportError:
        return
    yield Task(
        "decorrelate (PCA), absolute values",
        lambda: np.abs(tsconv.decorrelate(x).data),
        {
            "sklearn PCA": lambda: np.abs(
                PCA(whiten=True).fit_transform(x) * np.sqrt(x.shape[0] / (x.shape[0] - 1))
            )
        },
        tolerance=1e-8,
    )
    yield Task(
        "Ledoit and Wolf's covariance",
        lambda: tsconv.decorrelate(x, shrinkage="ledoit-wolf").covariance,
        {"sklearn": lambda: ledoit_wolf(x)[0]},
    )


def images() -> Iterator[Task]:
    """Boundary "reflect" for all; OpenCV on one thread, in double precision where it has it."""
    try:
        import cv2

        cv2.setNumThreads(1)
    except ImportError:
        cv2 = None
    rng = np.random.default_rng(1)
    for n in (256, 512, 2048):
        image = rng.normal(size=(n, n))
        for m in (3, 11, 31, 101):
            taps = rng.normal(size=(m, m))
            bell = np.exp(-0.5 * np.linspace(-4, 4, m) ** 2)
            bell /= bell.sum()
            mean = np.full((m, m), 1 / m**2)
            peers = {
                "scipy fftconvolve": lambda image=image, taps=taps, m=m: scipy.signal.fftconvolve(
                    np.pad(image, m // 2, mode="symmetric"), taps[::-1, ::-1], mode="valid"
                )
            }
            if m * m * n * n < 4e7:
                peers["ndimage"] = lambda image=image, taps=taps: scipy.ndimage.correlate(
                    image, taps
                )
            twice = {
                "ndimage": lambda image=image, bell=bell: scipy.ndimage.correlate1d(
                    scipy.ndimage.correlate1d(image, bell, axis=0), bell, axis=1
                )
            }
            box = {"ndimage": lambda image=image, m=m: scipy.ndimage.uniform_filter(image, m)}
            if cv2 is not None:
                edge = {"borderType": cv2.BORDER_REFLECT}
                peers["opencv"] = lambda image=image, taps=taps, edge=edge: cv2.filter2D(
                    image, cv2.CV_64F, taps, **edge
                )
                twice["opencv"] = lambda image=image, bell=bell, edge=edge: cv2.sepFilter2D(
                    image, cv2.CV_64F, bell, bell, **edge
                )
                box["opencv"] = lambda image=image, m=m, edge=edge: cv2.blur(image, (m, m), **edge)
            for name, weights, others in (
                ("any taps", taps, peers),
                ("product", np.outer(bell, bell), twice),
                ("equal", mean, box),
            ):
                yield Task(
                    f"{name}, {n} x {n}, {m} x {m}",
                    lambda image=image, weights=weights: tsconv.correlate2d(
                        image, weights, boundary="reflect"
                    ),
                    others,
                    tolerance=1e-11,
                )


def templates() -> Iterator[Task]:
    """scikit-image in double precision; OpenCV has single only, so its scores differ more."""
    try:
        import cv2
        from skimage.data import camera
        from skimage.feature import match_template
    except ImportError:
        return
    cv2.setNumThreads(1)
    image = camera().astype(float)
    single = (image - image.mean()).astype(np.float32)
    for m in (8, 32, 128):
        part = slice(100, 100 + m), slice(200, 200 + m)
        yield Task(
            f"scores, 512 x 512, {m} x {m}",
            lambda part=part: tsconv.template_scores(image, image[part]),
            {"scikit-image": lambda part=part: match_template(image, image[part])},
            tolerance=1e-9,
        )
        yield Task(
            "  the same, in single precision",
            lambda part=part: tsconv.template_scores(image, image[part]),
            {
                "opencv": lambda part=part: cv2.matchTemplate(
                    single, single[part].copy(), cv2.TM_CCOEFF_NORMED
                )
            },
            tolerance=1e-3,
        )


def banks() -> Iterator[Task]:
    """Eight kernels over one series against a loop of scipy's overlap-add."""
    rng = np.random.default_rng(2)
    for n, m in ((10_000, 301), (100_000, 301), (100_000, 3_001), (1_000_000, 301)):
        x, taps = rng.normal(size=n), rng.normal(size=(8, m))
        bank = tsconv.KernelBank({f"k{i}": row for i, row in enumerate(taps)})
        yield Task(
            f"8 kernels, n = {n:,}, {m} taps",
            lambda x=x, bank=bank: bank.apply(x, boundary="zero"),
            {
                "scipy oaconvolve": lambda x=x, taps=taps: np.column_stack(
                    [scipy.signal.oaconvolve(x, row)[: x.size] for row in taps]
                )
            },
            tolerance=1e-11,
        )


TABLES: dict[str, Callable[[], Iterator[Task]]] = {
    "spectra": spectra,
    "filters": filters,
    "heat": heat,
    "chance": chance,
    "white": white,
    "banks": banks,
    "images": images,
    "templates": templates,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--only", choices=sorted(TABLES), action="append", help="this table only")
    parser.add_argument("--budget", type=float, default=1.0, help="seconds for a row")
    arguments = parser.parse_args()
    for name in arguments.only or TABLES:
        print(f"\n## {name}\n", flush=True)
        for task in TABLES[name]():
            show(task, arguments.budget)


def show(task: Task, budget: float) -> None:
    """Compare results, time all, print a row."""
    reference = np.asarray(task.ours())
    for name, peer in task.peers.items():
        result = np.asarray(peer())
        if task.tolerance is not None:
            bound = task.tolerance * np.nanmax(np.abs(reference))
            np.testing.assert_allclose(result, reference, rtol=0, atol=bound, err_msg=name)
    spent = medians({"tsconv": task.ours} | task.peers, budget)
    own = spent.pop("tsconv")
    ratios = "  ".join(f"{name} {peer / own:.2f}" for name, peer in spent.items())
    mark = "  <" if spent and min(spent.values()) < own / 1.2 else ""
    print(f"{task.name:40s} {own * 1e3:10.3f} ms | {ratios}{mark}", flush=True)


def medians(functions: dict[str, Function], budget: float) -> dict[str, float]:
    """Median processor time of each function over interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    order = np.random.default_rng(3)
    stop = time.perf_counter() + budget
    rounds = 0
    while rounds < 3 or time.perf_counter() < stop:
        for name in order.permutation(list(functions)):
            start = time.process_time()
            functions[name]()
            times[name].append(time.process_time() - start)
        rounds += 1
    return {name: float(np.median(spent)) for name, spent in times.items()}


if __name__ == "__main__":
    main()
