"""Jobs on a scheduler of another process, which ends while they run or was never there."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from automind_dash import cluster, jobs
from automind_dash.circuit import as_vector
from automind_dash.circuit.examples import example_list
from automind_dash.errors import ClusterError
from automind_dash.features import SPECTRUM_FEATURES
from automind_dash.inference.asking.verification import run_on_cluster
from automind_dash.inference.estimators.card import SimulationPlan

SCHEDULER = """
from distributed import LocalCluster
import time
cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address=None)
print(cluster.scheduler_address, flush=True)
time.sleep(600)
"""

NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture
def elsewhere(monkeypatch):
    """A scheduler with one worker in a process of its own: the process, and its address."""
    cluster.close()
    monkeypatch.setattr(cluster, "PATIENCE", "1s")
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    command, env = [sys.executable, "-c", SCHEDULER], os.environ | {"PYTHONPATH": path}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        yield process, process.stdout.readline().strip()
        process.kill()
    cluster.close()


def nap(seconds):
    time.sleep(seconds)
    return seconds


def refuses(_):
    raise ConnectionError("the item's own trouble")


def collected(results, into):
    """Take results in a thread, as the page does; what was raised comes last."""

    def take():
        try:
            into.extend(results)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            into.append(error)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread


def test_a_job_whose_scheduler_is_lost_ends_and_says_so(elsewhere):
    process, address = elsewhere
    job = jobs.submit(nap, [0.0, 600.0, 600.0], label="naps", scheduler=address)
    found = []
    thread = collected(job.results(), found)
    while job.done < 1:
        time.sleep(0.02)
    process.kill()
    thread.join(15)
    assert not thread.is_alive()
    assert found[0] == (0, 0.0)
    assert isinstance(found[1], ClusterError)
    for word in ("naps", "1 of 3", address, "start again"):
        assert word in str(found[1])
    assert (job.status, job.done, job.failed) == ("failed", 1, 0)
    # no cluster of this machine comes in its place
    with pytest.raises(ClusterError, match=address):
        cluster.connect()
    with pytest.raises(ClusterError, match=address):
        jobs.submit(nap, [0.0])


def test_circuits_in_flight_are_not_counted_as_failed(elsewhere):
    process, address = elsewhere
    cluster.connect(address)
    theta = as_vector(example_list()[1]["configuration"])
    item = {"theta": theta, "seed": 1, "feature_set": SPECTRUM_FEATURES, "plan": SimulationPlan(duration=1000.0)}
    found = []
    started = []
    thread = collected(run_on_cluster([item] * 4, started=started.append), found)
    while not started:
        time.sleep(0.02)
    started[0].pause()
    process.kill()
    thread.join(15)
    assert not thread.is_alive()
    assert isinstance(found[-1], ClusterError)
    assert found[:-1] == []


def test_a_paused_job_that_goes_on_without_its_scheduler_says_so(elsewhere):
    process, address = elsewhere
    job = jobs.submit(nap, [0.0] * 10, scheduler=address)
    job.pause()
    while job._running:
        time.sleep(0.02)
    process.kill()
    while cluster._client.status == "running":
        time.sleep(0.02)
    job.resume()
    with pytest.raises(ClusterError, match=address):
        list(job.results())


def test_an_items_own_lost_connection_is_its_result(elsewhere):
    _, address = elsewhere
    ((_, failure),) = jobs.submit(refuses, [0], scheduler=address).results()
    assert (failure.kind, failure.error) == ("ConnectionError", "the item's own trouble")


@pytest.mark.parametrize("address", [NOWHERE, "tcp://no.such.host.invalid:8786", "nonsense://x:y"])
def test_a_scheduler_that_does_not_answer_is_named(monkeypatch, address):
    cluster.close()
    monkeypatch.setattr(cluster, "PATIENCE", "1s")
    with pytest.raises(ClusterError, match=address) as raised:
        cluster.connect(address)
    assert "--scheduler" in str(raised.value)
    assert cluster._client is None
