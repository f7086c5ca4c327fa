"""A program on a screen of its own that draws charts by OpenGL and by the CPU, and says how the pictures differ.

Every line it reads is a question with values, every line it says the answer; both are JSON.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QPainter, QSurfaceFormat
from PySide6.QtOpenGL import QOpenGLFramebufferObject, QOpenGLPaintDevice
from PySide6.QtWidgets import QApplication

from heatdesk.engine import Snapshot
from heatdesk.gui import theme
from heatdesk.gui.chart import ChartView
from heatdesk.gui.gl.failure import BREAK
from heatdesk.gui.gl.share_group import ShareGroup
from heatdesk.gui.heatmap_item import HeatmapItem
from heatdesk.gui.view import View
from heatdesk.model.age_windows import WINDOWS, AgeChoice
from heatdesk.model.heatmap import Ages, Steady
from tests.gui.drawing.real import real_month
from tests.gui.drawing.snapshots import snapshot

GL_RENDERER = 0x1F01
BRIGHT = 0.8


Pixels = NDArray[np.int64]


class Page:
    """Memory of a card that a painter draws into, and a context to draw it with."""

    def __init__(self, profile: str, shares: Page | None = None) -> None:
        self.profile, asked = profile, QSurfaceFormat()
        asked.setDepthBufferSize(24)
        asked.setStencilBufferSize(8)
        if profile == "core":
            asked.setVersion(3, 3)
            asked.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
        elif profile == "es":
            asked.setRenderableType(QSurfaceFormat.RenderableType.OpenGLES)
            asked.setVersion(3, 0)
        self.context, self._surface = QOpenGLContext(), QOffscreenSurface()
        self.context.setFormat(asked)
        self._surface.setFormat(asked)
        self._surface.create()
        if shares is not None:
            self.context.setShareContext(shares.context)
        self._buffer: QOpenGLFramebufferObject | None = None
        self.works = bool(self.context.create() and self.make_current())

    def make_current(self) -> bool:
        return bool(self.context.makeCurrent(self._surface))

    @property
    def group(self) -> ShareGroup:
        return ShareGroup.of(self.context)

    def draw(self, chart: ChartView) -> QImage:
        """The chart as OpenGL draws it."""
        size = chart.size()
        self.make_current()
        if self._buffer is None or self._buffer.size() != size:
            stencil = QOpenGLFramebufferObject.Attachment.CombinedDepthStencil
            self._buffer = QOpenGLFramebufferObject(size, stencil)
        self._buffer.bind()
        device = QOpenGLPaintDevice(size)
        painter = QPainter(device)
        chart.canvas.render(painter)
        painter.end()
        return self._buffer.toImage()

    def close(self) -> None:
        self.make_current()
        self._buffer = None
        self.context.doneCurrent()
        self.context.deleteLater()
        _delete_now()


class Drawer:
    """Charts of a few maps, the one looked at, and what has been logged."""

    def __init__(self) -> None:
        self._page: Page | None = None
        self._chart: ChartView | None = None
        self._made: dict[str, Snapshot] = {}
        self._told: list[str] = []
        self._view = View()
        self._logged: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self._logged.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)

    def profile(self, name: str) -> str:
        """Draw with a context of this kind from now on; says who draws, nothing where there is no such context."""
        self.put_away()
        if self._page is None or self._page.profile != name:
            self.close()
            self._page = Page(name)
        if not self._page.works:
            return ""
        self._page.make_current()
        return str(self._page.context.functions().glGetString(GL_RENDERER))

    def show(
        self, of: str = "bands", size: tuple[int, int] = (400, 260), breaks: str = "", **view: Any
    ) -> None:
        """A new chart of one of the maps; `breaks` is what of OpenGL shall break."""
        self.put_away()
        os.environ[BREAK] = breaks
        self._told, self._chart = [], ChartView()
        self._chart.heatmap_item.on_gl_failure = self._told.append
        self._chart.resize(QSize(*size))
        self.view(**view)
        self._chart.show_snapshot(self._map(of))
        for layer in self._chart.layers:
            layer.setVisible(isinstance(layer, HeatmapItem))
        self._chart.grab()  # lays everything out

    def view(self, **view: Any) -> None:
        self._view = View(**view)
        self.chart.set_view(self._view)

    def look(self, times: tuple[float, float], prices: tuple[float, float]) -> None:
        """Look at these shares of the map's time and of its prices."""
        heatmap = self.chart._snapshot.heatmap
        start, end = heatmap.times_ms[0], heatmap.times_ms[-1] + heatmap.step_ms
        low, high = heatmap.prices[0], heatmap.prices[-1]
        self.chart.set_range(*(start + (end - start) * share for share in times))
        self.chart.set_range(
            price_low=low + (high - low) * prices[0], price_high=low + (high - low) * prices[1]
        )

    def pan(self, right: float, down: float) -> None:
        self.chart.view_box.pan_pixels(right, down)

    def grow(self, columns: int) -> None:
        """The newest columns become others."""
        before = self.chart._snapshot
        heatmap = before.heatmap
        long, short = (np.array(side.T) for side in (heatmap.notional_long, heatmap.notional_short))
        long[-columns:], short[-columns:] = short[-columns:] * 0.7, long[-columns:] * 0.4
        grown = replace(heatmap, notional_long=long.T, notional_short=short.T)
        self.chart.show_snapshot(replace(before, heatmap=grown))

    def slide(self, columns: int) -> None:
        """Time goes on by so many columns: what is known moves to the left."""
        before = self.chart._snapshot
        heatmap = before.heatmap
        sides = (
            np.roll(side.T, -columns, axis=0) for side in (heatmap.notional_long, heatmap.notional_short)
        )
        times = heatmap.times_ms + columns * heatmap.step_ms
        long, short = (side.T for side in sides)
        slid = replace(heatmap, notional_long=long, notional_short=short, times_ms=times)
        self.chart.show_snapshot(replace(before, heatmap=slid))

    def frame(self, times: int = 1) -> None:
        """Draw by OpenGL."""
        for _ in range(times):
            self.page.draw(self.chart)

    def differ(self, save: str = "") -> dict[str, float]:
        """Draw in both ways, and compare the plots."""
        by_gl = _pixels(self.page.draw(self.chart), self.chart)
        canvas = QImage(self.chart.size(), QImage.Format.Format_RGB32)
        painter = QPainter(canvas)
        self.chart.canvas.render(painter)
        painter.end()
        by_cpu = _pixels(canvas, self.chart)
        if save:
            _save(Path(save), by_gl, by_cpu)
        apart = np.abs(by_gl - by_cpu)
        gl_stands_out, cpu_stands_out = self._stands_out(by_gl), self._stands_out(by_cpu)
        bright = BRIGHT * cpu_stands_out.max()
        return {
            "mean": float(apart.mean()),
            "far_off": float((apart.max(-1) > 32).mean()),
            "drawn": float((cpu_stands_out > 0).mean()),
            "kept": float((gl_stands_out[cpu_stands_out >= bright] >= bright).mean()),
        }

    def _stands_out(self, pixels: Pixels) -> Pixels:
        """How far every pixel is from the background."""
        ground = theme.tokens(self._view.theme).background
        return np.abs(pixels - [int(ground[i : i + 2], 16) for i in (1, 3, 5)]).max(-1)

    def another_map(self, of: str) -> int:
        """Draw another map in place of the one that is shown; the most textures there were meanwhile."""
        group, seen = self.page.group, [self.alive()]
        made = group.new_texture

        def counted(gl: Any) -> int:
            name = made(gl)
            seen.append(len(group.alive))
            return name

        group.new_texture = counted  # type: ignore[method-assign]
        self.chart.show_snapshot(self._map(of))
        self.frame()
        del group.new_texture
        return max(seen)

    def uploaded(self) -> int:
        painter = self.item.gl
        return 0 if painter is None else painter.uploaded_bytes

    def alive(self) -> int:
        """How many textures there are, after what nobody holds is gone."""
        gc.collect()
        self.page.make_current()
        self.page.group.sweep(self.page.context.extraFunctions())
        return len(self.page.group.alive)

    def grown_kib(self, repaints: int) -> float:
        """By how much the memory of this process grows while repainting."""
        self.frame(50)
        before = _resident_kib()
        self.frame(repaints)
        return _resident_kib() - before

    def second_window(self, shares: bool) -> dict[str, int]:
        """Draw the same map in another window too; what that sent, and the textures with both and after each closed."""
        other = Page(self.page.profile, self.page if shares else None)
        chart = ChartView()
        chart.resize(self.chart.size())
        chart.set_view(self._view)
        chart.show_snapshot(self.chart._snapshot)
        chart.grab()
        other.draw(chart)
        gl = chart.heatmap_item.gl
        assert gl is not None
        sent, both = gl.uploaded_bytes, self.alive()
        del gl
        chart.close()
        chart.deleteLater()
        del chart
        other.close()
        return {"sent": sent, "both": both, "one": self.alive()}

    def failures(self) -> dict[str, list[str]]:
        """What was told and logged since the last time."""
        QApplication.processEvents()
        logged, self._logged = self._logged, []
        return {"told": self._told, "logged": logged}

    def another_context(self) -> None:
        """The context goes, and the chart is drawn with a new one."""
        profile = self.page.profile
        self.page.close()
        self._page = Page(profile)

    def put_away(self) -> None:
        """Close the chart, and forget what was logged of it."""
        self._logged = []
        if self._chart is not None:
            self._chart.close()
            self._chart.deleteLater()
            self._chart = None
            _delete_now()

    def close(self) -> None:
        self.put_away()
        if self._page is not None:
            self._page.close()
            self._page = None

    @property
    def chart(self) -> ChartView:
        assert self._chart is not None
        return self._chart

    @property
    def item(self) -> HeatmapItem:
        return self.chart.heatmap_item

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    def _map(self, name: str) -> Snapshot:
        if name not in self._made:
            self._made[name] = _MAPS[name]()
        return self._made[name]


def _delete_now() -> None:
    """What was to be deleted later: outside an event loop that time never comes."""
    for _ in range(2):  # what dies first may release what dies second
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()


def _pixels(image: QImage, chart: ChartView) -> Pixels:
    """The plot of a picture of a chart, RGB (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    area = chart.plot_area().toRect()
    plot = whole[area.top() : area.bottom() + 1, area.left() : area.right() + 1]
    return plot[..., 2::-1].astype(np.int64)


def _resident_kib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _save(folder: Path, by_gl: Pixels, by_cpu: Pixels) -> None:
    """Both pictures and their difference, for the eye."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in (("gl", by_gl), ("cpu", by_cpu), ("difference", np.abs(by_gl - by_cpu))):
        rgb = np.ascontiguousarray(pixels, np.uint8)
        height, width, _ = rgb.shape
        QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).save(
            str(folder / f"{name}.png")
        )


def _bands() -> Snapshot:
    made = snapshot(500, 120)
    return replace(made, heatmap=replace(made.heatmap, steady=Steady(object(), 490)))


def _ages() -> Snapshot:
    made = snapshot(300, 120)
    densest = np.random.default_rng(5).integers(0, WINDOWS, (300, 120), np.uint8).T
    ages = Ages(AgeChoice(), densest, np.zeros((WINDOWS, 2, 120), np.float32))
    return replace(made, heatmap=replace(made.heatmap, ages=ages))


def _real() -> Snapshot:
    home = Path(os.environ["HEATDESK_HOME"]) / "real"
    return real_month(Path(os.environ["HEATDESK_SHARED"]), home)


_MAPS = {
    "bands": _bands,
    "ages": _ages,
    "long": lambda: snapshot(20_000, 40, n_candles=100, timeframe="1m"),
    "real": _real,
}


def main() -> None:
    application = QApplication(sys.argv[:1])
    drawer = Drawer()
    for line in sys.stdin:
        told = json.loads(line)
        answer = getattr(drawer, told["ask"])(**told["values"])
        print(json.dumps(answer), flush=True)
    drawer.close()
    del application


if __name__ == "__main__":
    main()
