"""Names on a map: each beside its point, where it covers no other; a name without room is left out."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from orchestration.outputs.figures.style import BOLD

# Points right and up of the place, and how the name is set against them, in the order they are tried.
TRIED = (
    (4, 3, "left", "bottom"),
    (-4, 3, "right", "bottom"),
    (4, -3, "left", "top"),
    (-4, -3, "right", "top"),
    (0, 5, "center", "bottom"),
    (0, -5, "center", "top"),
    (10, 0, "left", "center"),
    (-10, 0, "right", "center"),
    (2, 11, "left", "bottom"),
    (-2, 11, "right", "bottom"),
)


class Names:
    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.renderer = FigureCanvasAgg(figure).get_renderer()
        self.taken: list[Bbox] = []

    def fixed(self, spot: tuple[float, float], name: str, offset: tuple[int, int]) -> None:
        self._keep(self._text(spot, name, (*offset, "left", "top"), is_bold=False))

    def put(self, spot: tuple[float, float], name: str, is_bold: bool) -> None:
        for tried in TRIED:
            text = self._text(spot, name, tried, is_bold)
            box = text.get_window_extent(self.renderer)
            inside = box.x0 > 0 and box.x1 < self.figure.bbox.x1
            if inside and not any(box.overlaps(other) for other in self.taken):
                self._keep(text)
                return
            text.remove()

    def _keep(self, text: Annotation) -> None:
        self.taken.append(text.get_window_extent(self.renderer))

    def _text(
        self, spot: tuple[float, float], name: str, at: tuple[int, int, str, str], is_bold: bool
    ) -> Annotation:
        text = Annotation(
            name,
            spot,
            xycoords=self.figure.transFigure,  # holds when a picture is saved with its source
            xytext=at[:2],
            textcoords="offset points",
            ha=at[2],
            va=at[3],
            fontsize=7.4 if is_bold else 6.8,
            path_effects=[withStroke(linewidth=1.8, foreground="white")],
            zorder=6,
            annotation_clip=False,
            **(BOLD if is_bold else {}),
        )
        self.figure.add_artist(text)
        return text
