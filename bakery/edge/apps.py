"""Django's registration of the shared edge and of the console."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class EdgeConfig(AppConfig):
    """Wires the outbox to Celery, so that new work is picked up at once, and errors to Sentry."""

    name = "bakery.edge"
    label = "edge"

    def ready(self) -> None:
        """Tell the kernel how to wake a relay."""
        from bakery.celery import app  # also makes it the current app of shared tasks
        from bakery.edge import task_log
        from bakery.edge.tasks import wake_relay
        from bakery.edge.watchman import add_watchman
        from bakery.kernel import outbox

        outbox.set_nudge(wake_relay)
        task_log.connect()
        add_watchman(app)
        if settings.SENTRY_DSN:
            from bakery.edge.telemetry import start_sentry

            start_sentry(
                dsn=settings.SENTRY_DSN,
                release=settings.RELEASE,
                environment=settings.SENTRY_ENVIRONMENT,
            )


class ConsoleConfig(AdminConfig):
    """The Django admin, made into the bakery's console."""

    default_site = "bakery.edge.console.ConsoleSite"
