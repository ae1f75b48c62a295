"""Jobs on a real local cluster."""

import os
import signal
import threading
import time

import pytest

from automind_dash import cluster, jobs
from automind_dash.errors import ClusterError


@pytest.fixture(scope="module", autouse=True)
def connected():
    cluster.connect()
    yield
    cluster.close()


@pytest.fixture(autouse=True)
def whole_cluster(connected):
    """No test begins while a worker of the one before is still being replaced."""
    for thread in threading.enumerate():
        if thread.name == cluster.FREEING:
            thread.join(60)
    cluster.connect().wait_for_workers(os.cpu_count(), timeout=60)


def double(x):
    return 2 * x


def fails_on_three(x):
    if x == 3:
        raise ValueError("three is not to be had")
    return x


def slow(seconds):
    time.sleep(seconds)
    return os.getpid()


def dies_once(path):
    if not os.path.exists(path):
        open(path, "w").close()
        os._exit(1)
    return "alive"


def test_results_carry_the_index_of_their_item():
    job = jobs.submit(double, range(20), label="double")
    found = dict(job.results())
    assert found == {i: 2 * i for i in range(20)}
    assert (job.status, job.done, job.total, job.failed) == ("done", 20, 20, 0)


def test_run_all_equals_the_direct_call():
    assert jobs.run_all([1, 5, 2], double) == [double(x) for x in (1, 5, 2)]


def test_nothing_to_do_is_done():
    job = jobs.submit(double, [])
    assert list(job.results()) == []
    assert job.status == "done"


def test_an_item_that_raises_is_a_result():
    found = dict(jobs.submit(fails_on_three, range(5)).results())
    assert isinstance(found[3], jobs.Failure)
    assert found[3].kind == "ValueError"
    assert "three is not to be had" in found[3].error
    assert found[4] == 4
    with pytest.raises(ClusterError, match=r"ValueError: three is not"):
        jobs.run_all([3], fails_on_three)


def test_a_worker_that_dies_costs_a_retry(tmp_path):
    paths = [str(tmp_path / str(i)) for i in range(2)]
    assert jobs.run_all(paths, dies_once) == ["alive", "alive"]


def test_cancel_ends_the_results_and_frees_the_workers():
    job = jobs.submit(slow, [60] * 8)  # never asks: its worker is replaced
    time.sleep(1)
    job.cancel()
    assert list(job.results()) == []
    assert job.status == "cancelled"
    # a task of 60 s would hold both workers: that this comes back at all shows that they were freed
    assert jobs.run_all([1], double) == [2]


def asks_now_and_then(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until and not cluster.dropped():
        time.sleep(0.01)
    return os.getpid()


def test_a_task_that_asks_frees_its_worker_without_ending_it():
    workers = set(cluster.connect().run(os.getpid).values())
    job = jobs.submit(asks_now_and_then, [600] * 8)
    while not any(cluster.connect().run(cluster.executing).values()):
        time.sleep(0.05)
    job.cancel()
    assert set(jobs.run_all([0.0] * 4, asks_now_and_then)) <= workers
    assert set(cluster.connect().run(os.getpid).values()) == workers


def test_two_jobs_share_the_workers_alike():
    first = jobs.submit(slow, [0.05] * 200, owner="first")
    second = jobs.submit(slow, [0.05] * 200, owner="second")
    before = first.done
    for _ in zip(range(40), second.results(), strict=False):
        pass
    meanwhile = first.done - before
    assert 20 <= meanwhile <= 80  # about 40, whichever came first
    first.cancel()
    second.cancel()


def test_a_small_job_does_not_wait_for_a_large_one():
    large = jobs.submit(slow, [0.2] * 60, owner="first")
    small = jobs.submit(slow, [0.01] * 2, owner="second")
    assert len(dict(small.results())) == 2
    assert large.done < 40
    large.cancel()


def test_pause_holds_back_and_resume_goes_on():
    job = jobs.submit(slow, [0.05] * 30)
    job.pause()
    time.sleep(1.5)
    held = job.done
    assert held < 30
    job.resume()
    list(job.results())
    assert job.status == "done"


def test_workers_that_die_again_while_dask_looks_for_them_come_back():
    client = cluster.connect()
    for _ in range(2):
        for pid in client.run(os.getpid).values():
            os.kill(pid, signal.SIGKILL)
        time.sleep(14)  # dask looks after 15 s, and gave up those that were not there just then
        client.wait_for_workers(os.cpu_count(), timeout=120)
    assert jobs.run_all([1], double) == [2]


def dies_on_zero(x):
    if x == 0:
        os._exit(1)
    return x


def test_an_item_that_kills_its_workers_is_a_failure_and_the_third_ends_the_job_with_a_sentence():
    found = dict(jobs.submit(dies_on_zero, [0]).results())
    assert "memory" in found[0].error
    job = jobs.submit(dies_on_zero, [0, 0, 0, 1], label="deadly")
    found = []
    with pytest.raises(ClusterError, match=r"deadly.*of 4 done.*memory"):
        found.extend(job.results())
    assert sum(isinstance(result, jobs.Failure) for _, result in found) == job.failed == 2
    assert job.status == "failed"
    assert jobs.run_all([1], double) == [2]
