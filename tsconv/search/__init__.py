"""Find a short snippet in a long signal.

`find` gives the table of matches, `correlation_profile` the score at every lag, `Finder` searches
one signal for many snippets.
"""

from tsconv.search.finder import Finder, correlation_profile, find

__all__ = ["Finder", "correlation_profile", "find"]
