"""Lets every Python process of a test run live at another moment; see CONTRIBUTING.md.

`bakery.sandbox.engines.elsewhen` puts this folder on PYTHONPATH when BAKERY_TEST_MOMENT is set;
Python then imports this module as it starts, before anything could have read the clock.
"""

import os
import time

if shift := os.environ.get("BAKERY_TEST_SHIFT"):
    from datetime import UTC, datetime, timedelta

    import time_machine

    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(shift)), tick=True).start()
    # It stands still until it is read for the first time, which may be in a child long after.
    time.time()
