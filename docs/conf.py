"""Sphinx configuration: every page with code is executed when it is built."""

import os
import tempfile
from pathlib import Path

from tsconv import __version__
from tsconv._style import COLOUR_MAP, COLOURS, LINES

# The pages draw in the package's colours and line styles without a line of code of their own.
_settings = Path(tempfile.mkdtemp()) / "matplotlibrc"
_settings.write_text(
    f"axes.prop_cycle: cycler('color', {[colour.lstrip('#') for colour in COLOURS]})"
    f" + cycler('linestyle', {list(LINES)})\n"
    f"image.cmap: {COLOUR_MAP}\n"
    "legend.handlelength: 2.6\n"
)
os.environ["MATPLOTLIBRC"] = str(_settings)

project = "tsconv"
author = "The tsconv developers"
copyright = "2026, the tsconv developers"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx.ext.mathjax",
]
exclude_patterns = ["_build", "jupyter_execute"]
html_theme = "furo"
html_title = "tsconv"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
