"""The API site: `python -m sphinx -W -b html docs build/site`; needs the extra `docs`, and no network.

Its pages are the Markdown files of this folder; what they say of classes is read from docstrings. index.md has the order.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a checkout that was never installed

import tmvalite  # noqa: E402

project = "tmvalite"
author = "The tmvalite authors"
copyright = author
version = release = tmvalite.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["README.md"]  # the index of who reads the files themselves; here it is index.md
myst_heading_anchors = 3
default_role = "code"  # of single backquotes in docstrings
autodoc_member_order = "alphabetical"
autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"tmvalite {version}"
html_show_sourcelink = False
html_copy_source = False

# Folders beside this one have no pages here: the list of examples has one of its own, other texts are named only.
ELSEWHERE = re.compile(r"\[[^\]]*\]\(\.\./(examples|benchmarks)/README\.md\)")


def stay_inside(app, page, source):
    source[0] = ELSEWHERE.sub(
        lambda found: "[the gallery](gallery.md)" if found[1] == "examples" else f"`{found[1]}/README.md`", source[0]
    )


def setup(app):
    app.connect("source-read", stay_inside)
    return {"parallel_read_safe": True}
