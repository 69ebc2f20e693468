"""One key, one piece of work, one reply."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from bakery.kernel.errors import Conflict, Invalid
from bakery.kernel.idempotency import KeyReused, Reply, fingerprint, purge, run_once
from bakery.kernel.models import IdempotencyKey
from tests.kernel.relaying import effects, note

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CALLERS = 10


def order(key="key-1", body="cake", work=None):
    def place():
        note("order")
        time.sleep(0.05)  # long enough for every caller to be inside at once
        return Reply(201, {"number": effects("order")})

    return run_once(
        scope="user:1", key=key, request=fingerprint("POST", body), at=AT, work=work or place
    )


def test_a_retry_gets_the_first_reply():
    first, second = order(), order()
    assert first == Reply(201, {"number": 1})
    assert second == Reply(201, {"number": 1}, replayed=True)
    assert effects("order") == 1


def test_callers_at_once_get_one_order(parallel):
    replies = parallel(CALLERS, lambda i: order())
    assert [reply.body for reply in replies] == [{"number": 1}] * CALLERS
    assert sorted(reply.replayed for reply in replies) == [False] + [True] * (CALLERS - 1)
    assert effects("order") == 1


@pytest.mark.control
def test_control_without_the_unique_key_there_are_more_orders(parallel, owner_connection):
    owner_connection.execute("ALTER TABLE kernel_idempotencykey DROP CONSTRAINT idempotency_once")
    try:
        parallel(CALLERS, lambda i: order())
        assert effects("order") > 1
    finally:
        owner_connection.execute("DELETE FROM kernel_idempotencykey")
        owner_connection.execute(
            "ALTER TABLE kernel_idempotencykey ADD CONSTRAINT idempotency_once UNIQUE (scope, key)"
        )


def test_the_same_key_for_another_body_is_refused():
    order()
    with pytest.raises(KeyReused) as refusal:
        order(body="two cakes")
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key_reused")


def test_scopes_do_not_share_keys():
    order()
    run_once(
        scope="user:2",
        key="key-1",
        request=fingerprint("other"),
        at=AT,
        work=lambda: Reply(201, "theirs"),
    )
    assert IdempotencyKey.objects.filter(key="key-1").count() == 2


def test_a_refusal_leaves_nothing_so_that_a_retry_may_succeed():
    def refuse():
        note("order")
        raise Conflict("out_of_stock", "None left.")

    with pytest.raises(Conflict):
        order(work=refuse)
    assert effects("order") == 0
    assert order().replayed is False


def test_a_caller_whose_leader_fails_does_the_work_itself(parallel):
    failures = iter([Conflict("busy", "No.")])

    def fail_once():
        note("order")
        time.sleep(0.05)  # so that the others wait on this one
        for failure in failures:
            raise failure
        return Reply(201, {"number": 1})

    results = parallel(CALLERS, lambda i: order(work=fail_once))
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert sum(isinstance(result, Reply) for result in results) == CALLERS - 1
    assert effects("order") == 1


@pytest.mark.parametrize("key", ["", "k" * 201, "a\nb", "a\x00b"])
def test_a_key_that_cannot_be_one_is_refused(key):
    with pytest.raises(Invalid) as refusal:
        order(key=key)
    assert refusal.value.code == "bad_idempotency_key"


def test_old_keys_are_purged():
    order()
    assert purge(before=AT) == 0
    assert purge(before=AT + timedelta(seconds=1)) == 1
