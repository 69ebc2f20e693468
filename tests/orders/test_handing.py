"""Handing orders out: only for the code or a reason, with proof, and never unpaid."""

import base64
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageDraw

from apps.notifications.models import Message
from apps.orders import selectors, services
from apps.orders.models import BoardEvent, HandOver, Order, OrderPicture, WrongPickupCode
from apps.orders.rules import handing as rules
from apps.orders.services import handing
from apps.orders.states import Fulfilment, OrderStatus
from bakery.kernel import clock, outbox
from bakery.kernel.errors import DomainError
from bakery.kernel.models import AuditEntry
from tests.accounts import people
from tests.orders.factories import AT, make_cake, make_variant, place, place_paid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]
S = OrderStatus
ACTOR = "user:7"
PICKUP = AT + timedelta(days=7)
CONSOLE = "/console/orders/handover"


def files():
    try:
        return storages["private"].listdir("evidence")[1]
    except FileNotFoundError:
        return []


def drawn(*, size=(600, 200), ink=True, kind="PNG"):
    picture = Image.new("RGB", size, "white")
    if ink:
        ImageDraw.Draw(picture).line([(20, 20), (400, 150)], fill="black", width=4)
    out = io.BytesIO()
    picture.save(out, kind, exif=b"Exif\0\0secret") if kind == "JPEG" else picture.save(out, kind)
    return out.getvalue()


def ready(*, price="20.00", **options):
    order = place_paid([(make_cake(price=price), 1, "")], ref=f"pi_{price}", **options)
    services.start_production(order_id=order.pk, actor=ACTOR, at=AT)
    return services.mark_ready(order_id=order.pk, actor=ACTOR, at=AT)


def hand(order, *, at=PICKUP, **proof):
    return services.mark_collected(
        order_id=order.pk, proof=services.Proof(**proof), actor=ACTOR, at=at
    )


def refused(call, *arguments, **options):
    with pytest.raises(DomainError) as error:
        call(*arguments, **options)
    return error.value


def test_codes_are_read_as_people_say_and_readers_type_them():
    assert rules.clean_code(" 4f7-k2p ") == "4F7K2P"
    assert rules.clean_code("o1l i0O") == "011100"
    text = rules.scan_text("B-261128-7K2M", "4F7K2P")
    for scanned in (text, text.lower(), f"https://shop.example/console/?q={text}"):
        assert rules.read_scan(scanned) == rules.Scan("B-261128-7K2M", "4F7K2P")
        assert rules.clean_code(scanned) == "4F7K2P"
    assert rules.read_scan(" b-261128-7k2m ") == rules.Scan("B-261128-7K2M", "")
    for nothing in ("", "4F7K2P", "B-26112-7K2M", "<script>", "B-261128-7K2M.4F7"):
        assert rules.read_scan(nothing) is None
    assert not rules.code_fits("", "")
    assert not rules.code_fits("4F7K2P", "")


@pytest.fixture
def emitted(monkeypatch):
    """The kinds of events that were emitted; one that nobody handles is not stored."""
    kinds = []
    emit = outbox.emit

    def note(event, **options):
        kinds.append(event.kind)
        emit(event, **options)

    monkeypatch.setattr(outbox, "emit", note)
    return kinds


def test_the_code_hands_it_out_and_everything_is_kept(emitted):
    order = ready()
    done = hand(order, code=f" {order.pickup_code.lower()[:3]} {order.pickup_code[3:]}")
    assert (done.status, done.handed_to) == (S.COLLECTED, "")
    row = selectors.hand_over_of(order.pk)
    assert (row.how, row.by, row.at, row.signature_id) == ("code", ACTOR, PICKUP, None)
    assert "orders.collected" in emitted
    assert BoardEvent.objects.order_by("-seq").first().payload["status"] == "collected"
    assert AuditEntry.objects.get(action="order.collected").changes == {
        "status": ["ready", "collected"]
    }
    assert "handed over" in [entry.title for entry in selectors.timeline(done)]
    assert refused(hand, order, code=order.pickup_code).code == "illegal_transition"
    assert HandOver.objects.count() == 1


def test_it_does_not_go_out_without_code_reason_or_money():
    order = ready()
    assert refused(hand, order).code == "code_needed"
    assert refused(hand, order, reason="   ").code == "code_needed"
    Order.objects.filter(pk=order.pk).update(paid_total=Decimal("15.00"))
    due = refused(hand, order, code=order.pickup_code)
    assert (due.code, due.status, due.details["balance"]) == (
        "balance_due", 409, str(order.total - 15),
    )  # fmt: skip
    Order.objects.filter(pk=order.pk).update(paid_total=order.total)
    assert hand(order, reason="knows him").status == S.COLLECTED
    row = HandOver.objects.get()
    assert (row.how, row.reason) == ("unproved", "knows him")


def test_five_wrong_codes_lock_the_order_for_some_minutes():
    order = ready()
    at = PICKUP
    for left in (4, 3, 2, 1, 0):
        wrong = refused(hand, order, code="000000", at=at)
        assert (wrong.code, wrong.details) == ("wrong_code", {"tries_left": left})
        at += timedelta(minutes=1)
    locked = refused(hand, order, code=order.pickup_code, at=at)
    assert (locked.code, locked.details) == ("code_locked", {"retry_after": 300})
    assert WrongPickupCode.objects.count() == 5
    assert hand(order, code=order.pickup_code, at=at + timedelta(minutes=5)).status == S.COLLECTED


def test_many_at_once_get_five_tries_together(transactional_db, parallel):
    order = ready()
    results = parallel(12, lambda number: hand(order, code=f"00000{number % 10}"))
    codes = sorted(result.code for result in results)
    assert codes == ["code_locked"] * 7 + ["wrong_code"] * 5
    assert WrongPickupCode.objects.count() == 5


@pytest.mark.control
def test_control_without_the_count_nobody_is_locked_out(monkeypatch):
    monkeypatch.setattr(handing, "locked_until", lambda wrong_at: None)
    order = ready()
    codes = [refused(hand, order, code="000000").code for _ in range(7)]
    assert codes == ["wrong_code"] * 7


def test_a_dear_order_is_signed_for_or_photographed(settings):
    settings.HAND_OVER_PROOF_FROM = Decimal("150.00")
    order = ready(price="200.00")
    code = order.pickup_code
    assert refused(hand, order, code=code).code == "proof_needed"
    assert refused(hand, order, reason="knows him").code == "proof_needed"
    for signature, wrong in [
        (b"not a picture", "not_a_picture"),
        (drawn(ink=False), "signature_empty"),
        (b"\x89PNG" + b"x" * 204_801, "signature_too_large"),
        (b"GIF89a....", "picture_type"),
        (drawn(size=(20_001, 2)), "picture_too_large"),
    ]:
        assert refused(hand, order, code=code, signature=signature).code == wrong
    assert files() == []
    assert refused(hand, order, code="000000", signature=drawn()).code == "wrong_code"
    assert files() == [], "a signature was stored for a wrong code"
    done = hand(order, code=code, signature=drawn(), taken_by="  Charles   Babbage ")
    assert done.handed_to == "Charles Babbage"
    signature = HandOver.objects.get().signature
    kept = services.read_picture(picture_id=signature.pk, order_id=order.pk)
    assert (kept.content_type, signature.width) == ("image/png", 600)
    assert len(files()) == 1


def test_a_refusal_that_comes_late_leaves_no_file(monkeypatch):
    order = ready()

    def fail(*arguments, **options):
        raise RuntimeError("the power went")

    monkeypatch.setattr(handing, "append_board_event", fail)
    with pytest.raises(RuntimeError):
        hand(order, code=order.pickup_code, signature=drawn())
    assert (files(), HandOver.objects.count(), OrderPicture.objects.count()) == ([], 0, 0)
    assert Order.objects.get(pk=order.pk).status == S.READY


def test_a_photo_proves_only_its_own_order(settings):
    settings.HAND_OVER_PROOF_FROM = Decimal("10.00")
    order, other = ready(), ready(price="30.00")
    photo = services.add_photo(
        order_id=other.pk, data=drawn(kind="JPEG"), kind="handed_over", actor=ACTOR, at=AT
    )
    wrong = refused(hand, order, code=order.pickup_code, photo_id=photo.pk)
    assert wrong.code == "picture_unknown"
    assert hand(other, code=other.pickup_code, photo_id=photo.pk).status == S.COLLECTED


def delivery(**options):
    order = ready(**options)
    Order.objects.filter(pk=order.pk).update(fulfilment=Fulfilment.DELIVERY)
    return order


def test_a_delivery_goes_out_and_arrives_for_a_name():
    order = delivery()
    out = services.mark_out_for_delivery(order_id=order.pk, actor=ACTOR, at=AT)
    assert out.status == S.OUT_FOR_DELIVERY
    assert refused(hand, order).code == "proof_needed"
    assert hand(order, taken_by="the neighbour").status == S.COLLECTED
    assert HandOver.objects.get().how == "delivery"
    pickup = ready(price="30.00")
    call = {"order_id": pickup.pk, "actor": ACTOR, "at": AT}
    assert refused(services.mark_out_for_delivery, **call).code == "is_pickup"


def test_points_are_earned_once_for_the_goods(monkeypatch):
    earned = []
    monkeypatch.setattr(handing.loyalty, "earn", lambda **options: earned.append(options))
    guest = ready()
    hand(guest, code=guest.pickup_code)
    assert earned == []
    ada = people.customer("ada@example.com")
    order = ready(
        price="30.00",
        customer=services.Customer(name="Ada", email="ada@example.com", user_id=ada.pk),
    )
    hand(order, code=order.pickup_code)
    assert [(x["user_id"], x["amount"]) for x in earned] == [(ada.pk, order.subtotal)]
    assert earned[0]["reference"] == order.hold_reference


def test_who_does_not_come_is_listed_and_given_up_by_people_only(settings, emitted):
    settings.NO_SHOW_AFTER_HOURS = 2
    order = ready()
    end = order.pickup_ends_at
    assert selectors.late_orders(at=end) == []
    call = {"order_id": order.pk, "reason": "called twice", "actor": ACTOR}
    early = refused(services.mark_no_show, at=end - timedelta(minutes=1), **call)
    assert early.code == "too_early"
    (late,) = selectors.late_orders(at=end + timedelta(hours=1))
    assert (late.order.pk, late.give_up) == (order.pk, False)
    (late,) = selectors.late_orders(at=end + timedelta(hours=2))
    assert (late.late_for, late.give_up) == (timedelta(hours=2), True)
    assert refused(services.mark_no_show, at=end, **{**call, "reason": " "}).code == "reason_needed"
    gone = services.mark_no_show(at=end + timedelta(hours=2), **call)
    assert (gone.status, gone.paid_total) == (S.NO_SHOW, order.total)
    assert "orders.not_collected" in emitted
    assert selectors.late_orders(at=end + timedelta(hours=3)) == []
    assert hand(order, code=order.pickup_code, at=end + timedelta(days=1)).status == S.COLLECTED


def test_who_is_late_is_reminded_once(drain_outbox, settings):
    settings.LATE_REMINDER_MINUTES = 30
    order = ready()
    Order.objects.filter(pk=ready(price="30.00").pk).update(customer_email="")
    drain_outbox()
    Message.objects.all().delete()
    due = order.pickup_ends_at + timedelta(minutes=30)
    assert services.remind_late(at=due) == 0
    for later in (timedelta(seconds=1), timedelta(hours=1), timedelta(days=2)):
        services.remind_late(at=due + later)
    (mail,) = Message.objects.all()
    assert (mail.kind, mail.recipient) == ("order_waiting", order.customer_email)
    assert mail.context["pickup_code"] == order.pickup_code
    assert "email order_waiting" in [entry.title for entry in selectors.timeline(order)]


def test_the_late_list_costs_one_query_and_uses_its_index():
    for number in range(3):
        ready(price=f"2{number}.00")
    with CaptureQueriesContext(connection) as queries:
        assert len(selectors.late_orders(at=PICKUP + timedelta(days=1))) == 3
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("status", "back"),
    [
        (S.IN_PRODUCTION, S.PAID),
        (S.READY, S.IN_PRODUCTION),
        (S.OUT_FOR_DELIVERY, S.READY),
        (S.NO_SHOW, S.READY),
    ],
)
def test_a_step_taken_too_early_is_undone_with_a_reason(status, back):
    order = place_paid()
    Order.objects.filter(pk=order.pk).update(status=status)
    call = {"order_id": order.pk, "actor": ACTOR, "at": AT}
    assert refused(services.step_back, reason="", **call).code == "reason_needed"
    assert services.step_back(reason="wrong order", **call).status == back
    assert order.transitions.last().reason == "wrong order"
    assert AuditEntry.objects.get(action="order.step_back").reason == "wrong order"


@pytest.mark.parametrize("status", [S.PENDING_PAYMENT, S.PAID, S.COLLECTED, S.CANCELLED])
def test_there_is_no_step_back_from_elsewhere(status):
    order = place([(make_variant(), 1, "")])
    Order.objects.filter(pk=order.pk).update(status=status)
    call = {"order_id": order.pk, "reason": "why", "actor": ACTOR, "at": AT}
    assert refused(services.step_back, **call).code == "illegal_transition"


def test_nothing_goes_backwards_without_a_reason():
    order = ready()
    call = {"order_id": order.pk, "actor": ACTOR, "at": AT}
    assert refused(services.start_production, **call).code == "illegal_transition"
    Order.objects.filter(pk=order.pk).update(status=S.NO_SHOW)
    assert refused(services.mark_ready, **call).code == "illegal_transition"


def test_of_two_who_hand_it_out_one_does(transactional_db, parallel):
    order = ready()
    results = parallel(6, lambda _: hand(order, code=order.pickup_code))
    done = [result for result in results if isinstance(result, Order)]
    codes = {result.code for result in results if isinstance(result, DomainError)}
    assert (len(done), codes) == (1, {"illegal_transition"})
    assert HandOver.objects.count() == 1


def test_how_it_was_handed_out_cannot_be_rewritten():
    order = ready()
    hand(order, code=order.pickup_code)
    for change in (
        lambda: HandOver.objects.update(how="unproved", reason="x"),
        lambda: HandOver.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# ---- over HTTP ----


def test_without_the_code_it_takes_more_than_a_cashier():
    order = ready()
    url = f"/api/v1/staff/orders/{order.public_id}/collected"
    cashier, manager = (
        people.api(people.log_in(people.staff(role)).access) for role in ("cashier", "manager")
    )
    body = {"reason": "lost his phone"}
    assert cashier.post(url, body, format="json").status_code == 403
    assert cashier.post(url, {}, format="json").json()["error"]["code"] == "code_needed"
    assert manager.post(url, body, format="json").json()["status"] == "collected"


def test_signed_and_scanned_over_the_api_and_odd_bodies_refused(settings):
    settings.HAND_OVER_PROOF_FROM = Decimal("10.00")
    order = ready()
    url = f"/api/v1/staff/orders/{order.public_id}/collected"
    api = people.api(people.log_in(people.staff("cashier")).access)
    code = rules.scan_text(order.number, order.pickup_code)
    for change in (
        {"signature": "data:image/png;base64,%%%"},
        {"signature": "é" * 20},
        {"signature": "A" * 280_001},
        {"code": 5},
        {"code": "x" * 301},
        {"photo_id": "1"},
        {"taken_by": "a\u0000b"},
    ):
        reply = api.post(url, {"code": code, **change}, format="json")
        assert reply.status_code == 400, change
    signature = "data:image/png;base64," + base64.b64encode(drawn()).decode()
    body = {"code": code, "signature": signature, "taken_by": "Charles Babbage"}
    reply = api.post(url, body, format="json")
    assert (reply.status_code, reply.json()["status"]) == (200, "collected")
    picture = HandOver.objects.get().signature_id
    kept = api.get(f"/api/v1/staff/orders/{order.public_id}/photos/{picture}")
    assert (kept.status_code, kept["Content-Type"]) == (200, "image/png")
    assert kept["Cache-Control"] == "no-store"
    guest = people.api()
    assert guest.get(f"/api/v1/staff/orders/{order.public_id}/photos/{picture}").status_code == 401


def test_staff_pages_find_hand_out_and_give_up():
    client = people.browser(people.staff("manager"), verified=True)
    order = ready()
    out = f"{CONSOLE}/{order.pk}/hand-over/"
    scan = rules.scan_text(order.number, order.pickup_code)
    found = client.get(f"{CONSOLE}/find/", {"q": f"https://shop.example/?q={scan}"})
    assert found["Location"] == f"{out}#{order.pickup_code}"
    for text in (order.number, order.pickup_code, "byron", str(order.public_id)):
        assert client.get(f"{CONSOLE}/find/", {"q": text})["Location"] == out, text
    for text in ("nobody", "B-261128-0000", "x" * 400, "%"):
        assert client.get(f"{CONSOLE}/find/", {"q": text}).status_code in {200, 302}
    assert order.number in client.get(out).content.decode()
    wrong = client.post(out, {"code": "000000"})
    assert (wrong.status_code, Order.objects.get().status) == (400, S.READY)
    assert "4 more tries" in wrong.content.decode()
    client.post(out, {"code": order.pickup_code, "taken_by": "Charles"})
    assert Order.objects.get().status == S.COLLECTED
    assert "with the pickup code" in client.get(out).content.decode()
    for path in ("take/", "drawer/", "late/", "find/", "", f"{order.pk}/payment/"):
        assert client.get(f"{CONSOLE}/{path}").status_code == 200, path
    assert client.get(f"{CONSOLE}/{2**70}/payment/").status_code == 404
    assert client.get(f"{CONSOLE}/drawer/?day=0001-01-01").status_code == 400


def test_the_late_page_gives_up_only_for_a_reason(monkeypatch):
    order = ready()
    monkeypatch.setattr(clock, "now", lambda: order.pickup_ends_at + timedelta(hours=3))
    client = people.browser(people.staff("manager"), verified=True)
    late = f"{CONSOLE}/late/"
    assert order.number in client.get(late).content.decode()
    for body in ({"order": order.pk}, {"order": "1" * 30, "reason": "x"}, {"order": "x"}):
        assert client.post(late, body).status_code == 302
    assert Order.objects.get().status == S.READY
    client.post(late, {"order": order.pk, "reason": "called twice"})
    assert Order.objects.get().status == S.NO_SHOW


def test_customers_see_their_code_only_while_they_need_it(client):
    order = place([(make_cake(), 1, "")])
    page, picture = f"/orders/{order.public_id}/", f"/orders/{order.public_id}/pickup.svg"
    assert order.pickup_code not in client.get(page).content.decode()
    assert client.get(picture).status_code == 404
    Order.objects.filter(pk=order.pk).update(status=S.PAID, paid_at=AT)
    assert order.pickup_code in client.get(page).content.decode()
    shown = client.get(picture)
    assert (shown["Content-Type"], shown.status_code) == ("image/svg+xml", 200)
    assert b"<svg" in shown.content
    Order.objects.filter(pk=order.pk).update(status=S.COLLECTED)
    assert order.pickup_code not in client.get(page).content.decode()
    assert client.get(picture).status_code == 404
    ada = people.customer("ada@example.com")
    Order.objects.filter(pk=order.pk).update(status=S.PAID, user_id=ada.pk)
    assert client.get(picture).status_code == 404
