"""The reference engine where jobs run it: in a thread that is not the process's first, of a process that has not imported brian2."""

import subprocess
import sys

PROGRAM = """
import threading
from automind_dash.circuit.parameters import PARAMETERS
from automind_dash.circuit.simulate import simulate

middle = [(spec.low + spec.high) / 2 for spec in PARAMETERS]
done = []
thread = threading.Thread(target=lambda: done.append(simulate(middle, 0.01, n_neurons=20, seed=1, engine="reference")))
thread.start()
thread.join()
assert done[0].duration == 0.01
"""


def test_it_runs_in_a_thread_of_a_new_process():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
