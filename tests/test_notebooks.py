"""The example notebooks run from top to bottom."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples").glob("*.ipynb"))


# What a reader must be shown: (cell, type of output) of each notebook.
SHOWN = {
    "explorer": [
        (2, "application/vnd.jupyter.widget-view+json"),
        (4, "application/vnd.jupyter.widget-view+json"),
        (6, "text/html"),
    ],
    "two_recordings": [(9, "text/html"), (11, "application/vnd.bokehjs_exec.v0+json"), (13, "text/markdown")],
}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery; what the cells warn of stays in their output
def test_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    for cell, kind in SHOWN[path.stem]:
        assert any(kind in output.get("data", {}) for output in notebook.cells[cell].outputs), (cell, kind)
