"""Runs the tests at another moment: ``BAKERY_TEST_MOMENT="2027-03-14 01:55" make test``.

The clock of all Python processes of the run is shifted, and goes on from there. PostgreSQL,
Valkey and Chromium keep the real time; nothing of ours asks the engines for it, and Chromium gets
the shift from `tests/conftest.py`.
"""

import os
import runpy
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

MOMENT, SHIFT = "BAKERY_TEST_MOMENT", "BAKERY_TEST_SHIFT"
_START_UP = Path(__file__).resolve().parents[3] / "tests" / "elsewhen"


def shift_in_seconds() -> float:
    """Return by how much the processes of this run are ahead of the real time."""
    return float(os.environ.get(SHIFT, "0"))


def travel_if_asked() -> str:
    """Shift the clock of this process and its children as MOMENT says; return a line about it.

    MOMENT is an ISO 8601 date and time; without an offset it is Toronto's wall time, where the
    tests' shop is. Raises `ValueError` for anything else.
    """
    text = os.environ.get(MOMENT)
    if not text:
        return ""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(
            tzinfo=ZoneInfo(os.environ.get("SHOP_TIME_ZONE", "America/Toronto"))
        )
    os.environ[SHIFT] = str((moment - datetime.now(UTC)).total_seconds())
    paths = [str(_START_UP), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    runpy.run_path(str(_START_UP / "sitecustomize.py"))
    return f"the clock starts at {moment.isoformat()}"
