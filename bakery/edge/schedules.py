"""What beat sends, and how often: written here, synchronised into beat's tables by a command."""

from dataclasses import dataclass

from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from bakery.kernel import clock

_MARK = "Written by sync_schedules; changes here are put back."


_CRON_PATIENCE = 3600


@dataclass(frozen=True)
class Entry:
    """A task sent every so many seconds, or at wall times of the shop.

    ``cron`` has cron's five fields (minute, hour, day of the month, month, day of the week with
    Sunday as 0) in the shop's zone, and then ``every_seconds`` is 0. One not started within its
    interval, or within an hour of its wall time, is dropped.
    """

    task: str
    every_seconds: int = 0
    cron: str = ""
    # What the shop's promises hang on: nobody may switch it off.
    vital: bool = False

    def __post_init__(self) -> None:
        """Refuse an entry with both kinds of schedule, or none."""
        if bool(self.every_seconds) == bool(self.cron):
            raise ValueError(f"{self.task}: either every_seconds or cron")

    @property
    def expire_seconds(self) -> int:
        """Return how long a task that was sent may wait for a worker."""
        return self.every_seconds or _CRON_PATIENCE


ENTRIES = (
    Entry("bakery.edge.tasks.sweep_outbox", 10, vital=True),
    Entry("bakery.edge.tasks.relay_critical", 10, vital=True),
    Entry("bakery.edge.tasks.relay_documents", 10, vital=True),
    Entry("bakery.edge.tasks.relay_media", 10, vital=True),
    Entry("bakery.edge.tasks.relay_ml", 10, vital=True),
    Entry("bakery.edge.tasks.keep_audit_head", 3600),
    Entry("bakery.edge.tasks.purge_expired", 3600),
    Entry("apps.accounts.tasks.purge_expired_tokens", 86400),
    Entry("apps.orders.tasks.expire_overdue_orders", 15, vital=True),
    Entry("apps.orders.tasks.forget_people", 86400),
    Entry("apps.orders.tasks.remind_late_pickups", 300),
    Entry("apps.orders.tasks.chase_balances", 300),
    Entry("apps.orders.tasks.remind_of_tomorrow", 600),
    Entry("apps.orders.tasks.sweep_waitlist", 30),
    Entry("apps.custom_cakes.tasks.lapse_counters", 60),
    Entry("apps.custom_cakes.tasks.end_passed", 3600),
    Entry("apps.custom_cakes.tasks.tidy_requests", 3600),
    Entry("apps.recovery.tasks.plan_reminders", 60),
    Entry("apps.recovery.tasks.forget_people", 86400),
    Entry("apps.orders.tasks.check_board", cron="30 6 * * *", vital=True),
    Entry("apps.notifications.tasks.escalate_overdue", 15, vital=True),
    Entry("apps.notifications.tasks.forget_budgets", 86400),
    Entry("apps.receipts.tasks.seal_waiting", 300),
    Entry("apps.receipts.tasks.watch_certificate", 86400),
    Entry("apps.payments.tasks.retry_events", 60, vital=True),
    Entry("apps.payments.tasks.check_open_attempts", 120),
    Entry("apps.payments.tasks.look_after_disputes", 300),
    Entry("apps.payments.tasks.settle_refunds", 300),
    Entry("apps.payments.tasks.find_missed", 600),
    Entry("apps.payments.tasks.watch_stripe", 60),
    Entry("apps.payments.tasks.forget_payers", 86400),
    Entry("apps.books.tasks.post_missing", 300),
    Entry("apps.books.tasks.post_all_missing", 86400),
    Entry("apps.books.tasks.reconcile_nightly", 1800),
    Entry("apps.books.tasks.watch_reconciliation", 3600),
    Entry("apps.inventory.tasks.extend_calendar", 3600),
    Entry("apps.inventory.tasks.prove_ledger", 86400),
    Entry("apps.inventory.tasks.close_past_days", 600),
    Entry("apps.inventory.tasks.watch_stock", 15),
    Entry("apps.inventory.tasks.assign_lots", 60),
    Entry("apps.inventory.tasks.settle_tills", 60),
    Entry("apps.loyalty.tasks.expire_points", 86400),
    Entry("apps.loyalty.tasks.warn_of_expiry", 86400),
    Entry("apps.loyalty.tasks.prove_points", 86400),
    Entry("apps.catalog.tasks.remove_expired_uploads", 3600),
    Entry("apps.catalog.tasks.remove_orphans", 86400),
    Entry("apps.catalog.tasks.recheck_food", 86400),
    Entry("apps.pricing.tasks.train_weekly", cron="20 3 * * 1"),
    Entry("apps.pricing.tasks.watch_models", 600),
)


def names() -> frozenset[str]:
    """Return the tasks that beat sends."""
    return frozenset(entry.task for entry in ENTRIES)


def sync_schedules() -> list[str]:
    """Make beat's tables agree with `ENTRIES` and return the tasks whose rows changed.

    Rows that people added are left alone, and so is what they switched off, unless it is vital;
    ours that are gone from the code go.
    """
    with transaction.atomic():
        changed = [entry.task for entry in ENTRIES if _write(entry)]
        gone = PeriodicTask.objects.filter(description=_MARK).exclude(
            name__in=[entry.task for entry in ENTRIES]
        )
        for row in gone:
            changed.append(row.name)
            row.delete()
    return changed


def _write(entry: Entry) -> bool:
    """Write one row; whether it is switched off is left as a person decided, unless it is vital."""
    row = PeriodicTask.objects.filter(name=entry.task).first() or PeriodicTask(name=entry.task)
    wanted = {
        "task": entry.task,
        "interval_id": _interval(entry.every_seconds),
        "crontab_id": _crontab(entry.cron),
        "expire_seconds": entry.expire_seconds,
        "enabled": True if entry.vital or not row.pk else row.enabled,
        "description": _MARK,
    }
    if row.pk and all(getattr(row, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    return True


def _interval(seconds: int) -> int | None:
    if not seconds:
        return None
    return int(
        IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)[0].pk
    )


def _crontab(cron: str) -> int | None:
    if not cron:
        return None
    minute, hour, day_of_month, month_of_year, day_of_week = cron.split()
    row, _ = CrontabSchedule.objects.get_or_create(
        minute=minute,
        hour=hour,
        day_of_month=day_of_month,
        month_of_year=month_of_year,
        day_of_week=day_of_week,
        timezone=clock.shop_zone().key,
    )
    return int(row.pk)
