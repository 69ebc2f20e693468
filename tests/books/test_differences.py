"""Differences in people's hands: the console, the staff API, and two comparisons at once."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.books import services
from apps.books.models import Difference, Reconciliation
from apps.books.rules.differences import DifferenceKind, Finding
from apps.books.services import tracking
from apps.books.services.tracking import Scope, keep_track
from apps.books.states import DifferenceState
from bakery.kernel import clock
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.accounts import people

pytestmark = pytest.mark.django_db
K = DifferenceKind
CONSOLE = "/console/books/difference/"
API = "/api/v1/staff/books/differences"
NOWHERE = Scope(())


def finding(key="payment:1", kind=K.ORDER_NOT_PAID, **given) -> Finding:
    columns = {"amount": Decimal("4.00"), "currency": "CAD", "facts": {"ours": "4.00 CAD"}, **given}
    return Finding(kind, key, **columns)


def track(*findings, scope=NOWHERE, at=None):
    with transaction.atomic():
        return keep_track(findings=findings, scope=scope, at=at or clock.now())


def make(key="payment:1", **given) -> Difference:
    track(finding(key, **given), *(as_found(row) for row in Difference.objects.all()))
    return Difference.objects.get(key=key)


def as_found(row: Difference) -> Finding:
    return Finding(K(row.kind), row.key, row.order_id, row.amount, row.currency, row.facts)


@pytest.fixture
def boss(db):
    return people.staff("administrator", email="boss@example.com")


@pytest.fixture
def console(boss):
    return people.browser(boss, verified=True)


@pytest.fixture
def api(boss):
    return people.api(people.log_in(boss).access)


def test_it_is_new_once_then_gone_then_new_again():
    at = clock.now()
    assert track(finding(), at=at) == tracking.Tally(1, 1, 0)
    assert track(finding(), at=at + timedelta(days=1)) == tracking.Tally(1, 0, 0)
    row = Difference.objects.get()
    assert (row.found_at, row.seen_at) == (at, at + timedelta(days=1))
    assert track(at=at + timedelta(days=2)) == tracking.Tally(0, 0, 1)
    row.refresh_from_db()
    assert (row.state, row.gone_at) == ("gone", at + timedelta(days=2))
    assert track(finding(), at=at + timedelta(days=3)) == tracking.Tally(1, 1, 0)
    row.refresh_from_db()
    assert (row.state, row.gone_at, row.found_at) == ("open", None, at + timedelta(days=3))


def test_explained_it_stays_so_until_its_amount_changes(boss):
    row = make()
    services.explain_difference(
        difference_id=row.pk, text="another till", actor="user:1", at=clock.now()
    )
    assert track(finding()).new == 0
    row.refresh_from_db()
    assert row.state == "explained"
    assert track(finding(amount=Decimal(5))).new == 1
    row.refresh_from_db()
    assert (row.state, row.explanation) == ("open", "another till")


def test_what_was_not_compared_is_not_gone():
    at = clock.now()
    stripe = finding(kind=K.FEE_DIFFERS, about_at=at - timedelta(days=9))
    track(stripe)
    week = Scope(((at - timedelta(days=7), at),))
    assert track(scope=week).gone == 0
    month = Scope(((at - timedelta(days=30), at),), without=frozenset({K.FEE_DIFFERS}))
    assert track(scope=month).gone == 0
    assert track(scope=Scope(month.windows)).gone == 1


def test_refusals(boss):
    row = make()
    with pytest.raises(NotFound):
        services.explain_difference(difference_id=0, text="why", actor="x", at=clock.now())
    for text in ("", "  a ", "x" * 501, "a\x00bc"):
        with pytest.raises(Invalid):
            services.explain_difference(difference_id=row.pk, text=text, actor="x", at=clock.now())
    with pytest.raises(Invalid):
        services.own_difference(
            difference_id=row.pk, user_id=people.customer().pk, actor="x", at=clock.now()
        )
    track()
    with pytest.raises(Conflict):
        services.explain_difference(difference_id=row.pk, text="why", actor="x", at=clock.now())
    day = clock.shop_date(clock.now())
    for first, last in ((day, day - timedelta(days=1)), (day - timedelta(days=500), day)):
        with pytest.raises(Invalid):
            services.reconcile(first_day=first, last_day=last, at=clock.now())


def test_one_page_shows_owns_and_explains(console, boss):
    row = make()
    page = console.get(f"{CONSOLE}{row.pk}/change/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "the order has not taken its money" in text
    assert "apply the payment" in text
    console.post(f"{CONSOLE}{row.pk}/change/", {"own": "1"})
    row.refresh_from_db()
    assert row.owner == boss
    console.post(f"{CONSOLE}{row.pk}/change/", {"explain": "1", "text": "a second shop"})
    row.refresh_from_db()
    assert (row.state, row.explanation) == ("explained", "a second shop")
    assert row.explained_by == f"user:{boss.pk}"
    console.post(f"{CONSOLE}{row.pk}/change/", {"disown": "1"})
    row.refresh_from_db()
    assert row.owner is None
    actions = AuditEntry.objects.filter(object_type="books.difference")
    assert list(actions.order_by("seq").values_list("action", flat=True)) == [
        "difference.own", "difference.explain", "difference.own",
    ]  # fmt: skip


def test_an_empty_explanation_is_asked_for_again(console):
    row = make()
    page = console.post(f"{CONSOLE}{row.pk}/change/", {"explain": "1", "text": ""})
    assert page.status_code == 200
    assert "This field is required" in page.content.decode()


def test_the_list_shows_what_is_open_by_kind_and_age(console):
    make("payment:1")
    make("payment:2", kind=K.REFUND_STUCK)
    services.explain_difference(
        difference_id=Difference.objects.get(key="payment:2").pk,
        text="waits for the bank",
        actor="user:1",
        at=clock.now(),
    )
    Difference.objects.filter(key="payment:1").update(found_at=clock.now() - timedelta(days=8))

    def shown(query):
        return [row.key for row in console.get(CONSOLE + query).context["cl"].result_list]

    assert shown("") == ["payment:1"]
    assert set(shown("?show=all")) == {"payment:1", "payment:2"}
    assert shown("?show=explained") == ["payment:2"]
    assert shown("?show=all&kind=refund_stuck") == ["payment:2"]
    assert shown("?age=7") == ["payment:1"]
    assert shown("?age=30") == []
    assert "8 days" in console.get(CONSOLE).content.decode()


def test_the_list_costs_the_same_for_many(console):
    console.get(CONSOLE)
    counts = []
    for count in (3, 30):
        track(*(finding(f"payment:{number}") for number in range(count)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            console.get(CONSOLE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_manager_looks_and_touches_nothing(db):
    manager = people.browser(people.staff("manager", email="m@example.com"), verified=True)
    row = make()
    assert manager.get(f"{CONSOLE}{row.pk}/change/").status_code == 200
    assert manager.post(f"{CONSOLE}{row.pk}/change/", {"own": "1"}).status_code == 403
    assert manager.post(CONSOLE, {"compare": "1"}).status_code == 403
    kitchen = people.browser(people.staff(email="k@example.com"), verified=True)
    assert kitchen.get(f"{CONSOLE}{row.pk}/change/").status_code == 403


def test_comparing_and_checking_again(console, sandbox):
    row = make()
    console.post(f"{CONSOLE}{row.pk}/change/", {"recheck": "1"})
    row.refresh_from_db()
    assert row.state == "gone"
    page = console.post(CONSOLE, {"compare": "1"}, follow=True)
    assert "Everything agrees" in page.content.decode()
    assert Reconciliation.objects.count() == 2
    runs = console.get("/console/books/reconciliation/")
    assert runs.status_code == 200


def test_odd_addresses(console):
    for name in ("0", "9" * 30, "x"):
        assert console.get(f"{CONSOLE}{name}/change/").status_code in {302, 404}


def test_the_same_over_the_api(api, boss, sandbox):
    row = make()
    (shown,) = api.get(API).json()["results"]
    assert (shown["kind"], shown["key"]) == ("order_not_paid", "payment:1")
    assert shown["next_step"]
    one = f"{API}/{row.pk}"
    assert api.post(f"{one}/own").json()["owner"] == "boss@example.com"
    assert api.delete(f"{one}/own").json()["owner"] is None
    reply = api.post(f"{one}/explain", {"text": "a second shop"}, format="json")
    assert reply.json()["state"] == "explained"
    assert api.get(API).json()["results"] == []
    assert len(api.get(f"{API}?state=all&kind=order_not_paid").json()["results"]) == 1
    assert api.post(f"{one}/recheck").json()["state"] == "gone"
    refused = api.post(f"{one}/explain", {"text": "too late"}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        409, "illegal_transition",
    )  # fmt: skip
    days = {"first_day": "2026-01-01", "last_day": "2026-01-02"}
    compare = "/api/v1/staff/books/reconciliations/compare"
    assert api.post(compare, days, format="json").json()["found"] == 0
    runs = api.get("/api/v1/staff/books/reconciliations").json()["results"]
    assert [run["started_by"] for run in runs] == [f"user:{boss.pk}"] * 2


def test_nonsense_is_refused(api):
    row = make()
    one = f"{API}/{row.pk}"
    compare = "/api/v1/staff/books/reconciliations/compare"
    bad = [
        api.get(f"{API}?state=lost"),
        api.get(f"{API}?kind=nonsense"),
        api.post(f"{one}/explain", {"text": 1}, format="json"),
        api.post(f"{one}/explain", {"text": "a\x00bc"}, format="json"),
        api.post(f"{one}/explain", {}, format="json"),
        api.post(compare, {"first_day": "2026-02-30", "last_day": "x"}, format="json"),
        api.post(compare, {"first_day": "2020-01-01", "last_day": "2026-01-01"}, format="json"),
        api.post(compare, {"first_day": "9999-12-31", "last_day": "9999-12-31"}, format="json"),
        api.post(compare, {"first_day": "0001-01-01", "last_day": "0001-01-01"}, format="json"),
    ]
    assert [reply.status_code for reply in bad[:2]] == [400, 400]
    for reply in bad[3:]:
        assert reply.status_code == 400, reply.content
    for name in (0, 9**30):
        for path in (f"{API}/{name}", f"{API}/{name}/own", f"{API}/{name}/recheck"):
            call = api.get if path.endswith(str(name)) else api.post
            assert call(path).status_code == 404


def test_the_command_tells_what_differs(sandbox, capsys):
    call_command("reconcile", "--from", "2026-01-01", "--to", "2026-01-02")
    assert "everything agrees" in capsys.readouterr().out
    sandbox.stripe.add_fault("status", path="*balance_transactions*", times=50)
    with pytest.raises(CommandError, match="Stripe was not compared"):
        call_command("reconcile")


def _two_at_once(parallel) -> list[object]:
    """Let a second comparison write the same new difference while the first is not committed."""
    written, second_waits = threading.Event(), threading.Event()

    def work(number):
        if number == 1:
            assert written.wait(60)
            second_waits.set()
            return track(finding())
        with transaction.atomic():
            tally = keep_track(findings=[finding()], scope=NOWHERE, at=clock.now())
            written.set()
            assert second_waits.wait(60)
            _wait_until_somebody_waits()
        return tally

    return parallel(2, work)


def _wait_until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(20_000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_two_comparisons_at_once_write_one_difference(parallel):
    first, second = _two_at_once(parallel)
    assert (first.new, second.new) == (1, 0)
    assert Difference.objects.get().state == DifferenceState.OPEN


@pytest.mark.control
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_second_comparison_breaks_off(parallel, monkeypatch):
    monkeypatch.setattr(tracking, "advisory_lock", lambda name: None)
    results = _two_at_once(parallel)
    assert any(isinstance(result, IntegrityError) for result in results)
