"""Celery tasks of this app; they carry no data and may run twice or late."""

from celery import shared_task

from apps.orders import services
from bakery.kernel import clock, heartbeats


@shared_task(name="apps.orders.tasks.expire_overdue_orders")
def expire_overdue_orders() -> int:
    """End unpaid orders whose hold is over; sent every 15 seconds."""
    at = clock.now()
    heartbeats.beat("order-sweeper", at=at)
    return services.expire_overdue(at=at)


@shared_task(name="apps.orders.tasks.sweep_waitlist")
def sweep_waitlist() -> int:
    """End offers that are over and offer places that are free; sent every 30 seconds."""
    return services.sweep_waitlist(at=clock.now())


@shared_task(name="apps.orders.tasks.remind_late_pickups")
def remind_late_pickups() -> int:
    """Mail customers whose ready order waits for them; sent every 5 minutes."""
    return services.remind_late(at=clock.now())


@shared_task(name="apps.orders.tasks.remind_of_tomorrow")
def remind_of_tomorrow() -> int:
    """Remind customers the day before their pickup; sent every 10 minutes, works from its hour."""
    return services.remind_of_tomorrow(at=clock.now())


@shared_task(name="apps.orders.tasks.chase_balances")
def chase_balances() -> int:
    """Remind of rests after a deposit, and mark what is overdue; sent every 5 minutes."""
    return services.chase_balances(at=clock.now())


@shared_task(name="apps.orders.tasks.forget_people")
def forget_people() -> int:
    """Delete old carts, and erase what was still open when its account was erased; once a day."""
    at = clock.now()
    return services.purge_carts(at=at) + services.erase_stragglers(at=at)


@shared_task(name="apps.orders.tasks.check_board")
def check_board() -> int:
    """Look for paid cakes that nobody knows of; sent every morning, done once a day."""
    found = services.check_board(at=clock.now())
    return len(found.missing) if found else 0
