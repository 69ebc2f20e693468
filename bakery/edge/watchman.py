"""Every worker's own clock: it has the platform looked at even when beat is silent."""

import logging
from typing import Any

from celery import Celery, bootsteps

logger = logging.getLogger(__name__)
LOOK_EVERY = 60.0
WATCH_TASK = "apps.notifications.tasks.watch_platform"


class Watchman(bootsteps.StartStopStep):
    """Sends the look at the platform to a queue that this very worker serves, every minute.

    Beat cannot tell that beat is silent, and the worker of one queue not that its own is: whoever
    still lives does it.
    """

    requires = {"celery.worker.components:Timer"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.entry: Any = None

    def start(self, worker: Any) -> None:
        """Begin."""
        self.entry = worker.timer.call_repeatedly(LOOK_EVERY, self.look, (worker,), priority=10)

    def stop(self, worker: Any) -> None:
        """End."""
        if self.entry is not None:
            self.entry.cancel()
            self.entry = None

    terminate = stop

    def look(self, worker: Any) -> None:
        """Send the task; without a broker nobody would carry it out anyway."""
        from bakery.edge.tasks import send_quickly

        queue = next(iter(worker.app.amqp.queues.consume_from), None)
        if queue is None:
            return
        try:
            send_quickly(WATCH_TASK, queue=queue)
        except Exception as error:  # noqa: BLE001 - this runs in the worker's event loop
            logger.warning("nobody was asked to look", extra={"error": type(error).__name__})


def add_watchman(app: Celery) -> None:
    """Give every worker of ``app`` its own clock."""
    app.steps["worker"].add(Watchman)
