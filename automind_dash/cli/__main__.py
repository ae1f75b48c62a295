"""python -m automind_dash.cli"""

from . import app

app()
