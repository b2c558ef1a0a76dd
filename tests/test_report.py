"""Reports: one HTML file that works offline, escapes text, and answers a click."""

from __future__ import annotations

import base64
import io
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner

import tsconv as tc
from tsconv.cli import main
from tsconv.report import report_fit, report_matches
from tsconv.report.page import label

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium that reports errors of a page's script."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium with chromedriver here; CI installs both")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    flags = (
        "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-sync"
        " disable-background-networking disable-component-update window-size=1200,1600"
    )
    for flag in flags.split():
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def found(rng):
    """Return a signal with three places of a snippet, and the matches."""
    signal = pd.Series(rng.standard_normal(8000))
    snippet = rng.standard_normal(400)
    for at, gain in ((1000, 3.0), (4000, -2.0), (7000, 4.0)):
        signal.iloc[at : at + 400] += gain * snippet
    return signal.to_numpy(), snippet, tc.find(signal.to_numpy(), snippet, fs=8000.0)


def test_match_report_is_one_file_that_needs_no_network(found, tmp_path):
    """No element of the page asks for anything outside it."""
    signal, snippet, matches = found
    report_matches(signal, {"a": snippet}, matches, tmp_path / "r.html", fs=8000.0)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img|audio|iframe)[^>]+(src|href)=[\"']?(?!data:)\w", page)
    assert page.count('<tr class="match"') == len(matches) == 3


def test_text_of_the_caller_is_escaped(found, tmp_path):
    """A snippet's name that looks like a script stays text, in tables and in figures."""
    signal, snippet, matches = found
    name = "</script><script>alert(1)</script><b>"
    report_matches(
        signal, {name: snippet}, matches.assign(snippet=name), tmp_path / "r.html", fs=8000.0
    )
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_labels_of_figures_keep_quotes_and_hide_tags():
    """Plotly reads tags but shows the codes of quotes; long names are cut."""
    assert label('"a" & <b>') == '"a" &amp; &lt;b&gt;'
    assert label("x" * 99) == "x" * 57 + "..."


def test_pages_fit_a_phone(browser, found, tmp_path):
    """Nothing is wider than a narrow screen, and the legend lies below the panels."""
    signal, snippet, matches = found
    path = tmp_path / "r.html"
    report_matches(signal, {"a": snippet}, matches, path, fs=8000.0)
    screen = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        browser.get(path.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        legend, panels = (
            browser.find_element("css selector", f"#overview {part}").rect
            for part in (".legend", ".nsewdrag")
        )
        assert legend["y"] > panels["y"] + panels["height"]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_excerpts_are_the_samples_of_the_match(found, tmp_path):
    """The sound of the best match, decoded, correlates fully with its window."""
    signal, snippet, matches = found
    report_matches(signal, {"a": snippet}, matches, tmp_path / "r.html", fs=8000.0)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    sound = re.search(r'"sound": "data:audio/wav;base64,([^"]+)"', page).group(1)
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound)))
    first = int(matches["offset"].iloc[0])
    assert rate == 8000
    assert np.corrcoef(samples, signal[first : first + 400])[0, 1] > 0.999999


def test_nothing_found_is_a_page_that_says_so(rng, tmp_path):
    """An empty table gives a report without matches."""
    signal, snippet = rng.standard_normal(2000), rng.standard_normal(100)
    matches = tc.find(signal, snippet)
    report_matches(signal, {"a": snippet}, matches, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No match" in page
    assert "<audio" not in page


def test_unknown_snippet_is_refused(found, tmp_path):
    """A match of a snippet that is not given is an error that names it, and no file is left."""
    signal, snippet, matches = found
    with pytest.raises(ValueError, match="'b'"):
        report_matches(signal, {"a": snippet}, matches.assign(snippet="b"), tmp_path / "r.html")
    assert not list(tmp_path.iterdir())


def test_a_click_on_a_match_zooms_and_loads_its_sound(browser, found, tmp_path):
    """In a browser, choosing the second row moves the axis there; no script error occurs."""
    signal, snippet, matches = found
    path = tmp_path / "r.html"
    report_matches(signal, {"a": snippet}, matches, path, fs=8000.0)
    browser.get(path.as_uri())
    row = browser.find_elements("css selector", "tr.match")[1]
    row.click()
    assert "chosen" in row.get_attribute("class")
    axis = browser.execute_script("return document.getElementById('overview').layout.xaxis.range")
    assert axis[0] < matches["time"].iloc[1] < matches["end"].iloc[1] < axis[1]
    drawn = browser.execute_script("return document.getElementById('close').data[0].x[0]")
    assert drawn == pytest.approx(matches["time"].iloc[1])
    source = browser.execute_script("return document.getElementById('player').src")
    assert source.startswith("data:audio/wav")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_fit_report_draws_in_a_browser(browser, tmp_path):
    """A fit's page has its four figures drawn and its estimates written."""
    fit = tc.fit_arima(tc.datasets.load_nile().rename("<i>Nile</i>"), (1, 0, 1))
    path = tmp_path / "fit.html"
    fit.report(path, steps=5)
    browser.get(path.as_uri())
    plots = "return document.querySelectorAll('.main-svg').length"
    assert browser.execute_script(plots) >= 3
    text = browser.find_element("tag name", "body").text
    assert "<i>Nile</i>" in text
    assert f"{fit.params['ar.L1']:.5g}" in text
    assert "statsmodels" in text
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("kind", ["period", "timedelta", "text", "datetime"])
def test_fit_report_takes_any_index(kind, tmp_path, rng):
    """Periods, durations, text and times label the axis; forecasts go on from them."""
    index = {
        "period": pd.period_range("2000", periods=60, freq="M"),
        "timedelta": pd.timedelta_range("0s", periods=60, freq="1s"),
        "text": pd.Index([f"<{k}>" for k in range(60)]),
        "datetime": pd.date_range("2000", periods=60, freq="D", tz="UTC"),
    }[kind]
    fit = tc.fit_arima(pd.Series(rng.standard_normal(60), index=index), (1, 0, 0))
    report_fit(fit, tmp_path / "fit.html", compare=False)
    assert "forecast" in (tmp_path / "fit.html").read_text(encoding="utf-8")


def test_command_line_writes_reports(tmp_path):
    """``tsconv find --html`` and ``tsconv arima --html`` write pages beside their tables."""
    runner = CliRunner()
    pages = tmp_path / "found.html", tmp_path / "fit.html"
    audio, snippet = map(str, (tc.datasets.audio_path(), tc.datasets.snippet_path()))
    assert runner.invoke(main, ["find", audio, snippet, "--html", str(pages[0])]).exit_code == 0
    nile = str(tc.datasets.data_path("nile.csv"))
    fitted = runner.invoke(main, ["arima", nile, "--order", "0,1,1", "--html", str(pages[1])])
    assert fitted.exit_code == 0, fitted.stderr
    assert "audio/wav" in pages[0].read_text(encoding="utf-8")
    assert "ma.L1" in pages[1].read_text(encoding="utf-8")


def test_without_plotly_the_remedy_is_named(monkeypatch, found, tmp_path):
    """The error says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "plotly", None)
    signal, snippet, matches = found
    with pytest.raises(ImportError, match=r"tsconvolve\[html\]"):
        report_matches(signal, {"a": snippet}, matches, tmp_path / "r.html")


def test_kernels_show_themselves_in_notebooks():
    """The display of a kernel has its formula, escaped, and two drawings of finite numbers."""
    for kernel in (tc.gaussian(2), tc.arma(ar=[0.5], ma=[0.4]), tc.difference().inverse()):
        shown = kernel._repr_html_()
        assert shown.count("<svg") == 2
        assert repr(kernel).replace("<", "&lt;") in shown
        assert "nan" not in shown
        assert "inf" not in shown


def test_tables_of_matches_show_where_they_lie(found):
    """The display has a bar for each match; whatever is done to the table gives a plain one."""
    _, _, matches = found
    shown = matches._repr_html_()
    assert shown.count("<rect") == len(matches) == 3
    assert "offset_fine" not in shown
    assert "p_value" in shown
    assert type(matches.head(2)) is pd.DataFrame
    assert type(matches[["offset", "score"]]) is pd.DataFrame
    assert matches.head(0)._repr_html_().count("<rect") == 0


def test_empty_tables_of_matches_show_themselves(rng):
    """Nothing found is shown as a table without rows."""
    empty = tc.find(rng.standard_normal(500), rng.standard_normal(50))
    assert "p_value" in empty._repr_html_()
    assert "<svg" not in empty._repr_html_()
