"""Sphinx configuration: every page with code is executed when it is built."""

from tsconv import __version__

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
