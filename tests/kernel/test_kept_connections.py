"""Kept connections: believed for a second, asked after an error, replaced when they are dead."""

import pytest
from django.db import OperationalError, connection, connections

from bakery.kernel.postgres import base

pytestmark = pytest.mark.django_db(transaction=True)


def next_request():
    """What Django does with this thread's connection before the next request."""
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = False


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.fixture(autouse=True)
def _kept(settings):
    connection.close()
    old = {name: connection.settings_dict[name] for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
    connection.settings_dict.update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
    yield
    connection.close()
    connection.settings_dict.update(old)
    connections.close_all()


def count_looks(monkeypatch) -> list[int]:
    looks = []
    real = base.base.DatabaseWrapper.is_usable
    monkeypatch.setattr(
        base.base.DatabaseWrapper, "is_usable", lambda self: looks.append(1) or real(self)
    )
    return looks


def test_requests_within_a_second_ask_once(monkeypatch):
    looks = count_looks(monkeypatch)
    pid = backend()
    for _ in range(5):
        next_request()
        assert backend() == pid
    assert len(looks) == 1


def test_after_the_second_it_is_asked_again(monkeypatch):
    looks = count_looks(monkeypatch)
    monkeypatch.setattr(base, "BELIEVED_SECONDS", 0.0)
    backend()
    for _ in range(3):
        next_request()
        backend()
    assert len(looks) == 3


def test_a_killed_connection_costs_one_error_and_is_then_replaced(superuser_connection):
    pid = backend()
    next_request()
    backend()
    superuser_connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    next_request()
    with pytest.raises(OperationalError):
        backend()
    next_request()
    assert backend() != pid


def test_control_without_the_look_after_an_error_the_dead_connection_stays(
    superuser_connection, monkeypatch
):
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: True)
    pid = backend()
    superuser_connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    for _ in range(2):
        next_request()
        with pytest.raises(OperationalError):
            backend()
