"""The map drawn by OpenGL, by Qt's own functions alone; imported only where a canvas is drawn by OpenGL.

A map's two sides are uploaded once (`sides`), mixed into the codes of what is looked at (`cells`), pooled to the pixels
of the plot (`pixels`) and coloured (`colours`), each step by a shader and only when its own input has changed. Every
step follows the CPU's (``cell_codes``, ``pixel_grid``, ``colour_table``) in whole numbers, so that both show the same.
"""
