"""The page's figures on paper: Bokeh figures are read as plain arrays, drawn again in millimetres and points, or written as tables."""
