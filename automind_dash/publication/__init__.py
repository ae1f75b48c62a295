"""What goes into a paper: figures in millimetres and points, captions, methods and references. Knows no page."""
