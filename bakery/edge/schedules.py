"""What beat sends, and how often: written here, synchronised into beat's tables by a command."""

from dataclasses import dataclass

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

_MARK = "Written by sync_schedules; changes here are put back."


@dataclass(frozen=True)
class Entry:
    """A task sent every so many seconds; one not started within that time is dropped."""

    task: str
    every_seconds: int


ENTRIES = (
    Entry("bakery.edge.tasks.sweep_outbox", 10),
    Entry("bakery.edge.tasks.relay_media", 10),
    Entry("bakery.edge.tasks.keep_audit_head", 3600),
    Entry("bakery.edge.tasks.purge_expired", 3600),
    Entry("apps.accounts.tasks.purge_expired_tokens", 86400),
    Entry("apps.orders.tasks.expire_overdue_orders", 15),
    Entry("apps.orders.tasks.forget_people", 86400),
    Entry("apps.orders.tasks.remind_late_pickups", 300),
    Entry("apps.orders.tasks.chase_balances", 300),
    Entry("apps.orders.tasks.sweep_waitlist", 30),
    Entry("apps.notifications.tasks.escalate_overdue", 15),
    Entry("apps.receipts.tasks.seal_waiting", 300),
    Entry("apps.receipts.tasks.watch_certificate", 86400),
    Entry("apps.payments.tasks.retry_events", 60),
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
)


def sync_schedules() -> list[str]:
    """Make beat's tables agree with `ENTRIES` and return the tasks whose rows changed.

    Rows that people added in the console are left alone; ours that are gone from the code go.
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
    interval, _ = IntervalSchedule.objects.get_or_create(
        every=entry.every_seconds, period=IntervalSchedule.SECONDS
    )
    wanted = {
        "task": entry.task,
        "interval_id": interval.pk,
        "expire_seconds": entry.every_seconds,
        "enabled": True,
        "description": _MARK,
    }
    row = PeriodicTask.objects.filter(name=entry.task).first() or PeriodicTask(name=entry.task)
    if row.pk and all(getattr(row, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    return True
