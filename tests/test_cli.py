"""The command line: files and pipes, CSV and JSON, exit codes, one clear line for bad input."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import tsconv
from tsconv import cli, datasets


@pytest.fixture
def run():
    """Run a command in this process."""

    def invoke(*arguments, stdin=None):
        return CliRunner().invoke(cli.main, [str(a) for a in arguments], input=stdin)

    return invoke


@pytest.fixture
def nile():
    """Path of a real CSV file."""
    return datasets.data_path("nile.csv")


def csv(result):
    """Parse what a command wrote."""
    assert result.exit_code == 0, result.stderr
    return pd.read_csv(io.StringIO(result.stdout), index_col=0)


@pytest.mark.parametrize(
    "command",
    [[], ["demo"], ["convolve"], ["arima"], ["forecast"], ["panel"], ["find"], ["spectrum"]],
)
def test_help_teaches(run, command):
    """Each command explains itself; those that take files show an example."""
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    assert r"\b" not in result.stdout
    if command != ["demo"]:
        examples = [line for line in result.stdout.splitlines()[1:] if "tsconv " in line]
        assert len(examples) >= 2
        assert all(line.count("tsconv ") == 1 for line in examples)


def test_module_runs(tmp_path):
    """``python -m tsconv`` is the command line."""
    result = subprocess.run(
        [sys.executable, "-m", "tsconv", "--version"],
        cwd=tmp_path,  # the checkout's tsconv/ must not shadow the installed package
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip().endswith(tsconv.__version__)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spectrum", datasets.data_path("co2.csv")], "give --missing interpolate."),
        (["panel", datasets.data_path("nile.csv"), "--steps", "2"], "--id, --time, --column."),
        (["convolve", datasets.data_path("nile.csv"), "-k", "gauss:3"], "Try gaussian:3."),
    ],
)
def test_errors_speak_of_options(run, arguments, said):
    """A message says what to try in the words of the command line, not of Python."""
    result = run(*arguments)
    assert result.exit_code == cli.BAD_INPUT
    assert result.stderr.strip().endswith(said)


def test_version(run):
    """The version is the package's."""
    assert run("--version").stdout.strip().endswith(tsconv.__version__)


def test_convolve_file_to_csv(run):
    """A CSV file with dates and gaps is smoothed like the Series."""
    table = csv(
        run(
            "convolve", datasets.data_path("co2.csv"), "-k", "gaussian:60D", "--missing=renormalize"
        )
    )
    expected = tsconv.convolve(datasets.load_co2(), tsconv.gaussian("60D"), missing="renormalize")
    np.testing.assert_allclose(table["co2"], expected, rtol=1e-12)
    assert table.index.name == "date"


def test_convolve_pipe_to_json(run):
    """Standard input works as a file, and JSON writes gaps as null."""
    result = run("convolve", "-", "-k", "taps:0.25,0.5,0.25", "--json", stdin="x\n1\n2\n4\n")
    assert json.loads(result.stdout) == [
        {"index": 0, "x": None},
        {"index": 1, "x": 2.25},
        {"index": 2, "x": None},
    ]


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("moving_average:7", tsconv.moving_average(7)),
        ("gaussian:2.5", tsconv.gaussian(2.5)),
        ("binomial:4", tsconv.binomial(4)),
        ("exponential:0.25", tsconv.exponential(alpha=0.25)),
        ("difference:12", tsconv.difference(period=12)),
        ("difference", tsconv.difference()),
        ("taps:1,-1", tsconv.Kernel([1, -1])),
        ("moving_average:7D", tsconv.moving_average("7D")),
        ("gaussian:90min", tsconv.gaussian("90min")),
        ("exponential:2h", tsconv.exponential(halflife="2h")),
    ],
)
def test_kernels_are_written_as_name_and_value(text, kernel):
    """Numbers are samples, anything else is a duration."""
    assert cli.parse_kernel(text) == kernel


def test_output_goes_to_a_file_whole(run, tmp_path):
    """``--output`` writes the file; with bad input it leaves what was there."""
    target = tmp_path / "out.csv"
    assert run("convolve", "-", "-k", "difference", "-o", target, stdin="x\n1\n3\n").exit_code == 0
    assert pd.read_csv(target)["x"].tolist()[1] == 2
    before = target.read_text()
    assert run("convolve", "-", "-k", "nonsense:1", "-o", target, stdin="x\n1\n").exit_code == 2
    assert target.read_text() == before
    assert list(tmp_path.iterdir()) == [target]


def test_convolve_draws(run, tmp_path):
    """``--plot`` draws a picture of the kind its name asks for."""
    picture = tmp_path / "x.svg"
    result = run("convolve", "-", "-k", "difference", "--plot", picture, stdin="x\n1\n3\n")
    assert result.exit_code == 0, result.stderr
    assert "<svg" in picture.read_text()


def test_arima_writes_parameters(run, nile):
    """The table of parameters is that of the fit."""
    table = csv(run("arima", nile, "--order", "1,0,1"))
    fit = tsconv.fit_arima(datasets.load_nile(), (1, 0, 1))
    np.testing.assert_allclose(table["estimate"], fit.table()["estimate"], rtol=1e-6)


def test_arima_forecasts(run, nile, tmp_path):
    """A forecast has its intervals, and a picture on request."""
    picture = tmp_path / "forecast.png"
    table = csv(
        run("arima", nile, "--order", "0,1,1", "--forecast", 4, "--level", 90, "--plot", picture)
    )
    assert len(table) == 4
    assert (table["lower_90"] < table["mean"]).all()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_forecast_finds_a_model(run, nile, tmp_path):
    """Forecasts are those of `auto_arima`, with a picture, and the models tried on request."""
    picture = tmp_path / "forecast.png"
    table = csv(run("forecast", nile, "--steps", 3, "--plot", picture))
    fit = tsconv.auto_arima(datasets.load_nile())
    np.testing.assert_allclose(table["mean"], fit.forecast(3)["mean"], rtol=1e-9)
    assert picture.stat().st_size > 5000
    result = run("forecast", nile, "--steps", 3, "--models", "--json")
    assert [row["model"] for row in json.loads(result.stdout)] == list(fit.models_tried["model"])


def test_forecast_by_name_and_by_order(run, nile):
    """A baseline, given orders, a power and a comparison of all models."""
    naive = csv(run("forecast", nile, "--steps", 2, "--model", "naive", "--level", 90))
    assert list(naive.columns) == ["mean", "std_error", "lower_90", "upper_90"]
    assert naive["mean"].tolist() == [datasets.load_nile().iloc[-1]] * 2
    order = csv(run("forecast", nile, "--steps", 2, "--order", "1,0,1"))
    expected = tsconv.fit_arima(datasets.load_nile(), (1, 0, 1)).forecast(2)
    np.testing.assert_allclose(order["mean"], expected["mean"], rtol=1e-9)
    assert (csv(run("forecast", nile, "--steps", 2, "--lambda", "0"))["lower_95"] > 0).all()
    compared = csv(run("forecast", nile, "--steps", 10, "--compare"))
    assert "holt_winters" in compared.index
    for wrong, reason in (
        (["--order", "1,0,1", "--model", "ses"], "goes without"),
        (["--order", "1,0,1", "--seasonal", "1,0,0"], "give --period"),
        (["--model", "ses", "--lambda", "0"], "go with --model auto"),
    ):
        result = run("forecast", nile, "--steps", 2, *wrong)
        assert result.exit_code == cli.BAD_INPUT
        assert reason in result.stderr


def test_arima_compares(run, nile):
    """``--compare`` puts statsmodels beside it."""
    table = csv(run("arima", nile, "--order", "1,0,0", "--compare"))
    assert {"tsconv", "statsmodels", "difference"} <= set(table.columns)


def test_find_writes_the_match(run):
    """The snippet of the data set is found where it was cut."""
    result = run("find", datasets.audio_path(), datasets.snippet_path(), "--json")
    assert result.exit_code == 0, result.stderr
    (match,) = json.loads(result.stdout)
    assert match["offset"] == datasets.snippet_offset()
    assert match["snippet"] == str(datasets.snippet_path())


def test_find_draws(run, tmp_path):
    """``--plot`` shows where."""
    picture = tmp_path / "found.png"
    result = run("find", datasets.audio_path(), datasets.snippet_path(), "--plot", picture)
    assert result.exit_code == 0, result.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_find_exports_the_excerpts(run, tmp_path):
    """Each match is written as audio, sample for sample as it stands in the recording."""
    import soundfile

    folder = tmp_path / "clips"
    result = run("find", datasets.audio_path(), datasets.snippet_path(), "--export", folder)
    assert result.exit_code == 0, result.stderr
    excerpt, fs = soundfile.read(folder / "snippet-1.wav")
    recording = datasets.load_recording().to_numpy()
    start = datasets.snippet_offset()
    assert fs == 16000
    np.testing.assert_array_equal(excerpt, recording[start : start + 40_000])


def test_nothing_found_is_status_1(run, tmp_path):
    """An absent snippet gives an empty table with its header, and exit status 1."""
    import soundfile

    path = tmp_path / "absent.wav"
    soundfile.write(path, np.random.default_rng(1).normal(scale=0.1, size=16000), 16000)
    result = run("find", datasets.audio_path(), path)
    assert result.exit_code == cli.NOTHING_FOUND
    assert result.stdout.startswith("snippet,offset,")
    assert len(result.stdout.splitlines()) == 1
    assert "nothing found" in result.stderr


def test_spectrum_of_a_table(run, tmp_path):
    """A column's spectrum in the unit of its times, and its picture."""
    picture = tmp_path / "spectrum.png"
    table = csv(
        run("spectrum", datasets.data_path("co2.csv"), "--missing=interpolate", "--plot", picture)
    )
    expected = tsconv.spectrum(datasets.load_co2(), missing="interpolate")
    np.testing.assert_allclose(table["amplitude"], expected["amplitude"], rtol=1e-9)
    assert table.index.name == "frequency"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_spectrum_of_a_recording_in_bands(run, tmp_path):
    """Octaves of a sound file, also over time, and edges of one's own."""
    picture = tmp_path / "bars.png"
    bars = csv(run("spectrum", datasets.snippet_path(), "--bands", "octave", "--plot", picture))
    assert bars.shape[0] == 1
    assert "1000.0" in bars.columns
    assert picture.read_bytes().startswith(b"\x89PNG")
    table = csv(run("spectrum", datasets.snippet_path(), "--bands=100,1000,8000", "--window=4000"))
    assert table.shape == (19, 2)


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["spectrum", "no-such.wav"], None, "there is no file"),
        (["spectrum", "-"], "x,y\n1,2\n3,4\n", "choose one column"),
        (["spectrum", "-", "--bands", "half"], "x\n1\n2\n", "--bands takes octave"),
        (["spectrum", "-", "--window", "3"], "x\n1\n2\n", "--window goes with --bands"),
        (["spectrum", str(datasets.snippet_path()), "-c", "x"], None, "a recording has neither"),
        (
            ["spectrum", "-", "--bands", "0.1,0.9"],
            "x\n1\n2\n3\n",
            "must not exceed half the sampling rate",
        ),
        (["convolve", "no-such.csv", "-k", "difference"], None, "there is no file 'no-such.csv'"),
        (["convolve", "-", "-k", "difference"], "", "standard input is not a CSV table"),
        (["convolve", "-", "-k", "difference"], "name\nAda\n", "no numbers in it"),
        (["convolve", "-", "-k", "difference", "-c", "y"], "x\n1\n", "no column 'y'"),
        (["convolve", "-", "-k", "difference", "-c", "x"], "x\na\n", "'x' of standard input must"),
        (
            ["convolve", "-", "-k", "difference", "--time", "t"],
            "t,x\nnow?,1\n",
            "must hold dates, times",
        ),
        (["convolve", "-", "-k", "sharpen:3"], "x\n1\n", "a kernel is written NAME:VALUE"),
        (["convolve", "-", "-k", "taps:a"], "x\n1\n", "taps must be numbers"),
        (["convolve", "-", "-k", "gaussian:1M"], "x\n1\n", "no fixed length"),
        (["convolve", "-", "-k", "gaussian:2h"], "x\n1\n", "needs a DatetimeIndex"),
        (["convolve", "-", "-k", "difference", "--boundary", "mirrored"], "x\n1\n", "one of"),
        (["convolve", "-", "-k", "difference", "-o", "no/such/x.csv"], "x\n1\n", "does not exist"),
        (["arima", "-", "--order", "1,0"], "x\n1\n", "takes 3 whole numbers"),
        (["arima", "-"], "x,y\n1,2\n", "choose one column"),
        (["find", "no-such.wav", "a.wav"], None, "there is no file 'no-such.wav'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(run, arguments, stdin, message):
    """What is wrong is said in one line on standard error; nothing is written."""
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == cli.BAD_INPUT
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_a_text_file_is_no_recording(run, nile):
    """A file that is no audio is one line, too."""
    result = run("find", nile, nile)
    assert result.exit_code == cli.BAD_INPUT
    assert len(result.stderr.strip().splitlines()) == 1


def test_json_and_csv_exclude_each_other(run):
    """Two formats at once are refused."""
    result = run("find", datasets.audio_path(), datasets.snippet_path(), "--json", "--csv")
    assert result.exit_code == cli.BAD_INPUT
    assert "exclude each other" in result.stderr


def test_the_installed_command_and_a_closed_pipe():
    """The command works in a real pipe whose reader leaves early: no traceback."""
    code = "from tsconv.cli import main; main()"
    command = [sys.executable, "-P", "-c", code, "convolve", "-", "-k", "difference"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        _, errors = process.communicate("x\n" + "1\n" * 50_000)
    assert "Traceback" not in errors


def test_warnings_are_one_line(run, recwarn):
    """A warning of the library reaches the user as one line on standard error."""
    dates = pd.date_range("2024-01-01", periods=40, freq="D").delete([7, 20])
    values = np.random.default_rng(0).normal(size=dates.size)
    text = pd.DataFrame({"date": dates, "x": values}).to_csv(index=False)
    result = run("arima", "-", "--order", "1,0,0", stdin=text)
    assert result.exit_code == 0
    assert all(line.startswith("tsconv: warning:") for line in result.stderr.strip().splitlines())


@pytest.mark.parametrize(("polarity", "sign"), [("positive", 1), ("negative", -1)])
def test_find_takes_a_polarity(run, polarity, sign):
    """Every match is the way up that was asked for; the true one is positive."""
    files = datasets.audio_path(), datasets.snippet_path()
    result = run("find", *files, "--polarity", polarity, "--threshold", "0.2", "--json")
    assert result.exit_code == 0, result.stderr
    matches = json.loads(result.stdout)
    assert {match["polarity"] for match in matches} == {sign}
    assert (matches[0]["offset"] == datasets.snippet_offset()) == (sign == 1)


def test_find_searches_folders(run):
    """A folder gives a table with the file of each match."""
    folder = datasets.audio_path().parent
    result = run("find", folder, datasets.snippet_path(), "--top", "1")
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv(io.StringIO(result.stdout))
    assert {name.rsplit("/", 1)[-1] for name in table["file"]} == {"recording.flac", "snippet.flac"}
    refused = run("find", folder, datasets.snippet_path(), "--plot", "x.png")
    assert refused.exit_code == cli.BAD_INPUT
    assert "one recording" in refused.stderr


def test_find_passes_its_options_on(run):
    """Speeds, exclusion, overlap and channel reach the search; a wrong one is told."""
    files = datasets.audio_path(), datasets.snippet_path()
    options = ("--exclusion", "5", "--min-overlap", "0.5", "--channel", "0", "--whiten", "none")
    result = run("find", *files, *options, "--top", "1", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)[0]["offset"] == datasets.snippet_offset()
    bad = run("find", *files, "--speeds", "fast")
    assert bad.exit_code == cli.BAD_INPUT
    assert "0.97,1.03" in bad.stderr
    wrong = run("find", *files, "--channel", "3")
    assert wrong.exit_code == cli.BAD_INPUT


def test_excerpts_are_of_the_channel_searched_in_its_bits(run, tmp_path):
    """A match at the very end of one channel of a 24-bit file is written as it is there."""
    import soundfile

    samples = np.random.default_rng(4).uniform(-0.5, 0.5, (9_000, 2))
    soundfile.write(tmp_path / "long.wav", samples, 8_000, subtype="PCM_24")
    soundfile.write(tmp_path / "end.wav", samples[-700:, 1], 8_000, subtype="PCM_16")
    result = run(
        "find", tmp_path / "long.wav", tmp_path / "end.wav", "--channel", 1,
        "--export", tmp_path / "clips",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    excerpt, _ = soundfile.read(tmp_path / "clips" / "end-1.wav")
    np.testing.assert_allclose(excerpt, samples[-700:, 1], atol=2.0**-23)


@pytest.mark.parametrize("command", [["forecast", "--steps", 2], ["arima"], ["spectrum"]])
def test_series_below_each_other_are_not_read_as_one(run, tmp_path, command):
    """A column of names beside the values is told, with the command for it; a choice is obeyed."""
    days = pd.date_range("2020-01-01", periods=12).strftime("%Y-%m-%d").tolist()
    long = pd.DataFrame({"id": ["a"] * 12 + ["b"] * 12, "ds": days * 2, "y": np.arange(24) % 5.0})
    long.to_csv(tmp_path / "long.csv", index=False)
    name, *options = command
    told = run(name, tmp_path / "long.csv", *options)
    assert told.exit_code == cli.BAD_INPUT
    assert "'id'" in told.stderr
    assert "tsconv panel" in told.stderr
    chosen = run(name, tmp_path / "long.csv", *options, "--column", "y")
    assert chosen.exit_code == 0, chosen.stderr


def test_pictures_and_pages_are_of_the_channel_searched(run, tmp_path, monkeypatch):
    """`--plot` and `--html` show what a file with only that channel shows."""
    import soundfile

    samples = np.random.default_rng(5).uniform(-0.5, 0.5, (3_000, 2))
    soundfile.write(tmp_path / "part.wav", samples[500:900, 1], 8_000)
    shown = {}
    for folder, content in (("both", samples), ("one", samples[:, 1])):
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / "long.wav", content, 8_000)
        monkeypatch.chdir(tmp_path / folder)
        channel = ["--channel", 1] if folder == "both" else []
        pictures = ["--plot", "found.png", "--html", "found.html"]
        result = run("find", "long.wav", tmp_path / "part.wav", *channel, *pictures)
        assert result.exit_code == 0, result.stderr
        page = (tmp_path / folder / "found.html").read_text(encoding="utf-8")
        sounds = re.findall(r"data:audio/wav;base64,[A-Za-z0-9+/=]+", page)
        shown[folder] = (plt.imread("found.png"), sounds)
    np.testing.assert_array_equal(shown["both"][0], shown["one"][0])
    assert shown["both"][1] == shown["one"][1]
    assert len(shown["one"][1]) >= 1
