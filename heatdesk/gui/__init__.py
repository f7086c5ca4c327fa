"""The window: Qt and pyqtgraph live here and nowhere below."""

import os

# Before anything here imports pyqtgraph: beside an installed PyQt it would take that.
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
