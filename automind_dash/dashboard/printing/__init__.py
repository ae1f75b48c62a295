"""The page's figures on paper: what a Bokeh figure shows as plain arrays, drawn anew in millimetres and points, and as a table."""
