"""Whether the graphics card draws the map: asked, timed, chosen, and taken back where it fails."""
