"""Find where a short snippet occurs in a long signal, and how sure that is.

`find` searches one signal for one snippet, `Finder` one signal for many, `correlation_profile`
gives the score at every lag. Signals and snippets are arrays, Series, paths of audio files,
memmaps or iterables of blocks.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from tsconv._checks import FloatArray, check_choice, check_count, check_fraction
from tsconv.audio import is_audio_path
from tsconv.search.blocks import Source, compact, open_signal, padded, read_snippet
from tsconv.search.decimated import check_step, miss_probabilities
from tsconv.search.fallback import score_frames
from tsconv.search.gather import gather
from tsconv.search.matches import Match, choose, to_table
from tsconv.search.profile import make_template
from tsconv.search.scan import Query, Rule, View, make_query
from tsconv.search.speed import check_speeds, find_speeds, stretch
from tsconv.search.views import Colour, learn, make_views
from tsconv.search.walk import available, fill_profile

_PROGRESS_FROM = 20_000_000  # samples; shorter work needs no progress bar
_SIGNS = {"either": 0, "positive": 1, "negative": -1}


def find(
    signal: Any,
    snippet: Any,
    *,
    fs: float | None = None,
    snippet_fs: float | None = None,
    threshold: float | None = None,
    false_alarm: float | None = 0.01,
    top: int | None = None,
    polarity: str = "either",
    whiten: str | None = "auto",
    exclusion: int | None = None,
    speeds: Sequence[float] | None = None,
    min_overlap: float | None = None,
    decimate: int | None = None,
    channel: str | int = "mix",
    progress: bool | None = None,
    n_threads: int | None = None,
) -> pd.DataFrame:
    """Find all places where `snippet` occurs in `signal`.

    Parameters
    ----------
    signal : array_like, Series, path or iterable of blocks
        The long one; a path is an audio file. Missing values (NaN) are allowed.
    snippet : array_like, Series or path
        The short one, complete, at least 2 samples, not flat.
    fs, snippet_fs : float, optional
        Sampling rates in Hz. Audio files know theirs. If they differ, the snippet is resampled.
    threshold : float in (0, 1], optional
        Return matches whose score reaches this, however likely by chance.
    false_alarm : float in (0, 1) or None, default 0.01
        Without `threshold`: return matches whose `p_value` is below this. None returns all that
        `top` asks for.
    top : int, optional
        Return at most so many.
    polarity : {"either", "positive", "negative"}
        Whether a match may, must not or must be upside down.
    whiten : {"auto", "snippet", "signal", None}
        Compare after removing the colour (by an autoregression) of the snippet or of the signal.
        "auto" looks at all three and takes the most significant, paying for the choice in the
        p-value; with `threshold` it is None.
    exclusion : int, optional
        Least distance of two matches in samples; default the snippet's length, so that none
        overlap.
    speeds : sequence of float, optional
        Speeds at which the snippet may have been played: two give a range, otherwise a list. 1.01
        is one per cent faster (and higher).
    min_overlap : float in (0, 1], optional
        Score windows that miss samples, at a gap or at an end of the signal, if at least this
        share is there.
    decimate : {4, 8, 16, 32}, optional
        Search at a rate so many times lower, with `threshold`; what is found is scored at full
        rate. Faster, but not exact: the column `p_miss` says how likely a place like the match
        would be missed. Short signals and snippets are searched in full.
    channel : "mix" or int
        Of an audio file with several channels.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for long signals.
    n_threads : int, optional
        Threads to work on; the result does not depend on it. By default up to four for signals
        above four million samples, otherwise one.

    Returns
    -------
    DataFrame
        A row for each match, best first; empty if there is none.

        - `offset`: first sample of the window (negative if it begins before the signal); `time`,
          `end`: where it begins and ends, in seconds (in samples if no rate is known), or the
          labels of its first and last sample.
        - `score`: Pearson correlation of snippet and window. `polarity`: its sign, 1 or -1.
        - `gain`: slope of the window on the snippet; `snr_db`: explained over unexplained variance.
        - `speed`: 1 unless `speeds` is given.
        - `p_value`: probability that the best of all lags would score so high by chance.
        - `offset_fine`, `offset_std_error`: place between samples, and its standard error, in
          samples.
        - `p_miss`: with `decimate` only.

    Raises
    ------
    ValueError
        If the snippet is flat, has missing values or is longer than the signal; at infinite values.
    tsconv.audio.AudioError
        If an audio file cannot be read.

    See Also
    --------
    Finder : many snippets in one signal.
    correlation_profile : the score at every lag.

    Notes
    -----
    Scores are those of a double-precision evaluation of Pearson's formula, whatever the scale,
    offset or dynamics of the signal. The p-value is exact if signal or snippet (after whitening)
    is white noise, otherwise based on an effective number of samples; see
    :mod:`tsconv.search.significance`. The standard error of the place takes the residual for
    white noise and counts the effective number of samples: where neighbouring samples are alike
    it errs on the large side.

    Memory does not depend on the length of the signal. Above that of the package, an hour at
    44.1 kHz takes at most 128 MB for snippets of up to a minute, from a memmap or an audio file,
    whitened or not. Pages of a memmap that were read are the system's, though some systems count
    them as the process's. Where all views at once would take more, the signal is read once for
    each. With a `threshold` what the search at a lower rate found is kept too, 136 MB in all there.
    An iterable of blocks is laid down in a temporary file, eight bytes a sample.

    Examples
    --------
    >>> import tsconv.search
    >>> signal = [0, 0, 1, 3, 2, 0, 0, 0, -2, -6, -4, 0]
    >>> matches = tsconv.search.find(signal, [1, 3, 2], threshold=0.99)
    >>> matches[["offset", "score", "polarity", "gain"]].round(3)
       offset  score  polarity  gain
    0       2    1.0         1   1.0
    1       8   -1.0        -1  -2.0

    >>> from tsconv import datasets
    >>> matches = tsconv.search.find(datasets.audio_path(), datasets.snippet_path())
    >>> matches["offset"].tolist() == [datasets.snippet_offset()]
    True
    """
    with Finder(signal, fs=fs, channel=channel, progress=progress, n_threads=n_threads) as finder:
        return finder.find(
            snippet,
            snippet_fs=snippet_fs,
            threshold=threshold,
            false_alarm=false_alarm,
            top=top,
            polarity=polarity,
            whiten=whiten,
            exclusion=exclusion,
            speeds=speeds,
            min_overlap=min_overlap,
            decimate=decimate,
        )


def correlation_profile(
    signal: Any,
    snippet: Any,
    *,
    fs: float | None = None,
    snippet_fs: float | None = None,
    channel: str | int = "mix",
    n_threads: int | None = None,
) -> FloatArray | pd.Series[float]:
    """Pearson correlation of a snippet with the window that starts at each lag.

    Parameters
    ----------
    signal, snippet, fs, snippet_fs, channel, n_threads
        As in `find`.

    Returns
    -------
    ndarray or Series, shape (n - m + 1,)
        In [-1, 1]; 0 where the window is constant, NaN where it touches a missing value. A Series,
        labelled by the first sample of the window, if `signal` is one.

    Examples
    --------
    >>> from tsconv.search import correlation_profile
    >>> correlation_profile([0, 1, 3, 2, 2, 2], [1, 3, 2]).round(3)
    array([ 0.327,  1.   , -0.866,  0.   ])
    """
    with Finder(signal, fs=fs, channel=channel, progress=False, n_threads=n_threads) as finder:
        return finder.profile(snippet, snippet_fs=snippet_fs)


class Finder:
    """A long signal, ready to be searched for many snippets.

    Parameters
    ----------
    signal : array_like, Series, path or iterable of blocks
    fs : float, optional
        Sampling rate in Hz.
    channel : "mix" or int
        Of an audio file with several channels.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for long signals.
    n_threads : int, optional
        As in `find`.

    Attributes
    ----------
    n_obs : int
    fs : float or None

    Examples
    --------
    >>> from tsconv import datasets
    >>> from tsconv.search import Finder
    >>> recording = datasets.load_recording()
    >>> samples = recording.to_numpy()
    >>> snippets = {"verse": samples[80_000:90_000], "bell": samples[400_000:420_000]}
    >>> with Finder(recording) as finder:
    ...     matches = finder.find_all(snippets)
    >>> matches.groupby("snippet")["offset"].apply(sorted).to_dict()
    {'bell': [400000], 'verse': [80000, 732800, 924800]}
    """

    def __init__(
        self,
        signal: Any,
        *,
        fs: float | None = None,
        channel: str | int = "mix",
        progress: bool | None = None,
        n_threads: int | None = None,
    ) -> None:
        self._n_threads = (
            None if n_threads is None else check_count(n_threads, "n_threads", minimum=1)
        )
        self._source = open_signal(signal, fs=fs, channel=channel)
        self._progress = progress
        self._colour: Colour | None = None
        self.n_obs = self._source.n_obs
        self.fs = self._source.fs

    def find(
        self, snippet: Any, *, snippet_fs: float | None = None, **options: Any
    ) -> pd.DataFrame:
        """Find all places of one snippet; options and result as in :func:`find`."""
        taps = self._snippet(snippet, snippet_fs, "snippet")
        return self._search({"": taps}, labelled=False, **options)

    def find_all(
        self,
        snippets: Mapping[str, Any] | Sequence[Any],
        *,
        snippet_fs: float | None = None,
        **options: Any,
    ) -> pd.DataFrame:
        """Find all places of many snippets in one walk through the signal.

        Parameters
        ----------
        snippets : mapping of str to snippet, or list of snippets
            In a list files are called by their paths, others by their numbers from 0.
        snippet_fs : float, optional
            Sampling rate of snippets that do not know theirs.
        **options
            As in :func:`find`. `top` and `exclusion` apply to each snippet by itself.

        Returns
        -------
        DataFrame
            As of :func:`find`, with a first column `snippet`; best first whichever the snippet.
        """
        if isinstance(snippets, (list, tuple)):
            snippets = {
                os.fspath(value) if is_audio_path(value) else str(k): value
                for k, value in enumerate(snippets)
            }
        if not isinstance(snippets, Mapping):
            raise TypeError(
                f"`snippets` must be a mapping of names to snippets, or a list; got"
                f" {type(snippets).__name__}. For one snippet use `find`."
            )
        if not snippets:
            raise ValueError("`snippets` must hold at least one snippet; got none.")
        taps = {
            str(name): self._snippet(value, snippet_fs, f"snippets[{name!r}]")
            for name, value in snippets.items()
        }
        return self._search(taps, labelled=True, **options)

    def profile(
        self, snippet: Any, *, snippet_fs: float | None = None
    ) -> FloatArray | pd.Series[float]:
        """Return the score at every lag, as :func:`correlation_profile`."""
        taps = self._snippet(snippet, snippet_fs, "snippet")
        out = np.empty(self.n_obs - taps.size + 1)
        if available(taps.size):
            fill_profile(self._source, make_template(taps), out, n_threads=self._n_threads)
        else:
            self._profile_by_scipy(taps, out)
        if not self._source.is_series:
            return out
        index = self._source.index
        labels = pd.RangeIndex(out.size) if index is None else index[: out.size]
        return pd.Series(out, index=labels, name="score")

    def _profile_by_scipy(self, taps: FloatArray, out: FloatArray) -> None:
        """Fill in the score at every lag where the compiled core is not there."""
        query = make_query(taps, [View("none", None, taps.size, True)], 1)
        for frame in score_frames(
            self._source, [query], {(0, 0): 0.0}, single=False, tolerance=1e-8
        ):
            scores = frame.scores[0, 0]
            out[frame.start : frame.start + scores.size] = scores

    def close(self) -> None:
        """Close the signal's file."""
        self._source.__exit__(None, None, None)

    def __enter__(self) -> Finder:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _snippet(self, snippet: Any, fs: float | None, name: str) -> FloatArray:
        """Return the samples of a snippet at the rate of the signal."""
        taps = read_snippet(snippet, fs, signal_fs=self.fs, name=name)
        if taps.size > self.n_obs:
            raise ValueError(
                f"`{name}` ({taps.size} samples) is longer than `signal` ({self.n_obs});"
                " swap the arguments?"
            )
        make_template(taps, name)  # refuses a flat one
        return compact(taps)

    def _search(
        self,
        snippets: Mapping[str, FloatArray],
        *,
        labelled: bool,
        threshold: float | None = None,
        false_alarm: float | None = 0.01,
        top: int | None = None,
        polarity: str = "either",
        whiten: str | None = "auto",
        exclusion: int | None = None,
        speeds: Sequence[float] | None = None,
        min_overlap: float | None = None,
        decimate: int | None = None,
    ) -> pd.DataFrame:
        """Search for snippets; `find` documents the options."""
        sign = _SIGNS[check_choice(polarity, "polarity", _SIGNS)]
        threshold = None if threshold is None else check_fraction(threshold, "threshold")
        alarm = 1.0 if false_alarm is None else check_fraction(false_alarm, "false_alarm")
        top = None if top is None else check_count(top, "top", minimum=1)
        exclusion = None if exclusion is None else check_count(exclusion, "exclusion")
        if threshold is None and false_alarm is None and top is None:
            raise ValueError(
                "Without `threshold` and `false_alarm`, `top` must say how many matches are wanted."
            )
        how = _how(whiten, threshold, min_overlap)
        if not (speeds is None and min_overlap is None and decimate is None):
            snippets = {name: taps.astype(np.float64) for name, taps in snippets.items()}
        pad, needed = 0, None
        if min_overlap is not None:
            needed = check_fraction(min_overlap, "min_overlap")
            pad = max(taps.size - math.ceil(needed * taps.size) for taps in snippets.values())
        source = padded(self._source, pad)
        if self._colour is None:
            self._colour = learn(self._source)
        groups = {
            name: self._queries(name, taps, speeds, how, source) for name, taps in snippets.items()
        }
        rule = Rule(threshold, alarm, sign, needed)
        queries = [query for group in groups.values() for query in group]
        step = None if decimate is None else check_step(decimate, threshold, min_overlap)
        with _bar(source.n_obs, self._progress) as update:
            every = gather(
                source,
                queries,
                rule,
                self._colour.segments,
                decimate=step,
                progress=update,
                n_threads=self._n_threads,
            )
        found = iter(every)
        matches: list[Match] = []
        for name, group in groups.items():
            distance = snippets[name].size if exclusion is None else exclusion
            candidates = [next(found) for _ in group]
            matches += choose(
                source, group, candidates, rule, distance, top, n_threads=self._n_threads
            )
        matches.sort(key=lambda match: (-abs(match.score), match.offset))
        table = to_table(matches, self._source, pad, labelled=labelled)
        if step is not None:
            table["p_miss"] = miss_probabilities(source, queries, matches, rule, step)
        return table

    def _queries(
        self, name: str, taps: FloatArray, speeds: Sequence[float] | None, how: str, source: Source
    ) -> list[Query]:
        """Make the queries of one snippet: one for each speed worth a walk of the whole."""
        assert self._colour is not None
        places, n_speeds = [1.0], 1
        if speeds is not None:
            places, n_speeds = find_speeds(source, taps, check_speeds(speeds), self._n_threads)
        queries = []
        for speed in places:
            copy = stretch(taps, speed)[: source.n_obs]
            views = make_views(copy, how, self._colour)
            n_trials = (source.n_obs - copy.size + 1) * len(views) * n_speeds
            queries.append(make_query(copy, views, n_trials, label=name, speed=speed))
        return queries


def _how(whiten: str | None, threshold: float | None, min_overlap: float | None) -> str:
    """Return which views are wanted: "none", "snippet", "signal" or "auto"."""
    if whiten is None:
        return "none"
    how = check_choice(whiten, "whiten", ("auto", "snippet", "signal"))
    if how == "auto" and (threshold is not None or min_overlap is not None):
        return "none"
    if min_overlap is not None:
        raise ValueError(
            f"`min_overlap` compares samples as they are; `whiten` must be None, got {whiten!r}."
        )
    return how


@contextmanager
def _bar(n_obs: int, wanted: bool | None) -> Iterator[Callable[[int], object]]:
    """Give a function that is told of progress, and shows it if that is wanted."""
    if wanted is None:
        wanted = n_obs >= _PROGRESS_FROM and sys.stderr.isatty()
    if not wanted:
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(total=n_obs, unit="samples", unit_scale=True, desc="searching") as bar:
        yield bar.update
