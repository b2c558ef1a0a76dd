"""The scikit-learn transformer: scikit-learn's own checks, and what it computes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tsconv import KernelBank, arima_bank
from tsconv.sklearn import KernelBankTransformer

SMALL = KernelBank({"change": [1.0, -1.0], "level": [0.5, 0.5]})


@parametrize_with_checks([KernelBankTransformer(), KernelBankTransformer(SMALL, n_windows=1)])
def test_scikit_learn_accepts_it(estimator, check):
    """Every check that scikit-learn has for transformers."""
    check(estimator)


def test_features_are_those_of_the_bank(rng):
    """`transform` is `KernelBank.transform_rows`, with a name for each column."""
    rows = rng.normal(size=(20, 30))
    transformer = KernelBankTransformer(period=7, n_windows=2).fit(rows)
    bank = arima_bank(period=7)
    np.testing.assert_array_equal(
        transformer.transform(rows), bank.transform_rows(rows, n_windows=2)
    )
    names = transformer.get_feature_names_out()
    assert len(names) == 2 * len(bank) * 5
    assert names[0] == "0_mean_3_mean"
    table = transformer.set_output(transform="pandas").transform(rows)
    assert table.columns.tolist() == names.tolist()


def test_it_tells_models_apart(rng):
    """Noise of two AR models: a linear classifier on the features is nearly always right."""
    noise = rng.normal(size=(200, 100))
    rows = noise.copy()
    sign = np.where(np.arange(200) < 100, 0.6, -0.3)
    for t in range(1, 100):
        rows[:, t] += sign * rows[:, t - 1]
    model = make_pipeline(
        KernelBankTransformer(), StandardScaler(), LogisticRegression(max_iter=500)
    )
    model.fit(rows[::2], sign[::2] > 0)
    assert model.score(rows[1::2], sign[1::2] > 0) > 0.95


def test_importing_tsconv_does_not_load_scikit_learn():
    """The extra stays one."""
    code = "import sys, tsconv; print('sklearn' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bank": [1.0]}, TypeError, "must be a KernelBank"),
        ({"boundary": "missing"}, ValueError, "`boundary` must be one of"),
    ],
)
def test_bad_options(options, error, message):
    """Each mistake has its message, at `fit`."""
    with pytest.raises(error, match=message):
        KernelBankTransformer(**options).fit(np.ones((3, 4)))
