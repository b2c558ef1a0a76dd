"""How long ``import tsconv`` takes beyond ``import pandas``.

Medians of interleaved fresh processes.

Run by hand: ``python tests/benchmarks/bench_import.py [runs]``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds(code: str) -> float:
    """Wall time of a fresh interpreter that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main(runs: int) -> None:
    """Print the two medians and their difference."""
    times: dict[str, list[float]] = {"import pandas": [], "import pandas, tsconv": []}
    for _ in range(runs + 1):
        for code, values in times.items():
            values.append(seconds(code))
    medians = {code: statistics.median(values[1:]) for code, values in times.items()}
    for code, median in medians.items():
        print(f"{code:24s} {median:.3f} s")
    pandas, both = medians.values()
    print(f"{'tsconv adds':24s} {both - pandas:.3f} s  (aim: at most 0.15 s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
