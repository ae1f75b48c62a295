"""What Bokeh and Panel say of themselves in the browser, and what no test fails for."""

KNOWN = ("reading 'top_panel'", "reading 'file'")
"""Bokeh 3.9.2 measures the figures of a tab that is just being swapped in before it has laid them out, then does so again; Panel's
FileDropper looks once more at a file that it has been told to forget after it was taken."""
