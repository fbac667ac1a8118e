"""The figures of a report, written as SVG: maps of corridors, and the plot of what rose and fell.

Belongs here: positions, lines, labels and colours. Does not: what may be said, and words beside a figure.
Reading order: svg, ground, labels, then one module a figure.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.outputs.figures.abroad import draw_abroad
    from orchestration.outputs.figures.changes import Change, draw_changes
    from orchestration.outputs.figures.corridors import Line, draw_corridors
    from orchestration.outputs.figures.legend import draw_legend

offer_when_asked(__name__)
