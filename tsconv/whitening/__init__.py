r"""White noise out of data, and back: `standardize`, `decorrelate`, `whiten`, `whiteness`.

White data have mean 0, variance 1 and no correlation: between columns (`decorrelate`), or between
times (`whiten`). Each function returns a result that holds the white `data`, can be applied to new
data with the same numbers (`apply`), and undone exactly (`restore`).
"""

from .columns import Decorrelated, decorrelate
from .memory import Whitened, whiten
from .portmanteau import whiteness
from .scaling import Standardized, standardize

__all__ = [
    "Decorrelated",
    "Standardized",
    "Whitened",
    "decorrelate",
    "standardize",
    "whiten",
    "whiteness",
]
