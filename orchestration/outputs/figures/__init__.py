"""The figures of a report, written as SVG: maps of corridors, and the plot of what rose and fell.

Belongs here: positions, lines, labels and colours. Does not: which corridors are drawn, and their texts.
Reading order: svg, ground, maps, plots.
"""
