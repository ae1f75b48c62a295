"""Where the real recordings lie, which are no part of the repository: beside the checkout, or where AUTOMIND_SHARED says."""

import os
from pathlib import Path

FOLDER = Path(os.environ.get("AUTOMIND_SHARED", Path(__file__).parents[1] / "../shared"))
SHARED = FOLDER / "data"

REQUIRED = bool(os.environ.get("AUTOMIND_REQUIRE_SHARED"))
"""Whether a test that needs a real recording fails where it is missing, instead of being skipped. CI sets it."""
