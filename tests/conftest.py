"""For all tests: no test asserts wall-clock time, and none that needs real recordings is skipped unseen where they are required."""

import pytest
from hypothesis import settings

from tests.shared_data import REQUIRED, SHARED

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure():
    if REQUIRED and not SHARED.is_dir():
        raise pytest.UsageError(
            f"AUTOMIND_REQUIRE_SHARED is set, and the real recordings are not at {SHARED.resolve()}."
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip for want of a real recording into a failure where these are required."""
    report = yield
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail") and "shared/data" in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped though AUTOMIND_REQUIRE_SHARED is set: {report.longrepr}"
    return report
