"""Find a short snippet in a long signal.

`find` gives the table of matches, `correlation_profile` the score at every lag, `Finder` searches
one signal for many snippets, `find_in_files` many recordings.
"""

from tsconv.search.files import find_in_files
from tsconv.search.finder import Finder, correlation_profile, find

__all__ = ["Finder", "correlation_profile", "find", "find_in_files"]
