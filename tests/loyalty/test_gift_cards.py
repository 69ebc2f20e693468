"""Gift cards: money on a code that is stored nowhere."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.loyalty import selectors, services
from apps.loyalty.models import GiftCard, GiftCardMove
from apps.loyalty.rules.gift_codes import ALPHABET, read_code
from apps.notifications.models import Message
from bakery.kernel.errors import Conflict, Invalid, NotFound
from bakery.kernel.models import AuditEntry
from tests.loyalty.members import AT, DAY, issue, make_member, reserve, spend_of, step

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledgers_agree(db):
    yield
    assert selectors.loyalty_differences() == []


def balance(card) -> Decimal:
    return GiftCard.objects.get(pk=card.pk).balance


def test_a_card_is_found_by_its_code_however_it_is_typed():
    card = issue("50.00")
    code = services.code_of(card=card)
    plain = code.replace("-", "")
    assert len(plain) == 16
    assert set(plain) <= set(ALPHABET)
    misread = plain.replace("0", "o").replace("1", "L")
    for typed in (code, plain.lower(), f" {misread} ", plain[:4] + " " + plain[4:]):
        found = selectors.gift_card_by_code(typed, at=AT)
        assert (found.id, found.balance, found.label) == (card.pk, 50, f"…{plain[-4:]}")


def test_the_code_is_in_no_column():
    card = issue(recipient_email="eve@example.com")
    code = services.code_of(card=card).replace("-", "")
    rows = [*GiftCard.objects.values(), *GiftCardMove.objects.values(), *Message.objects.values()]
    rows += list(AuditEntry.objects.values())
    text = str(rows).replace("-", "")
    assert code not in text
    assert card.last4 == code[-4:]


def refused(code: str, **options) -> tuple[str, str]:
    with pytest.raises(Invalid) as error:
        selectors.gift_card_by_code(code, at=options.pop("at", AT), **options)
    return error.value.code, error.value.message


def test_all_refusals_are_alike():
    blocked, over, spent, foreign = issue(), issue(expires_at=AT + DAY), issue("5.00"), issue()
    owner = make_member()
    credit = issue(user_id=owner.pk)
    services.block_gift_card(card_id=blocked.pk, actor="user:1", reason="lost", at=AT)
    reserve(spend_of(cards=[(spent, "5.00")]))
    GiftCard.objects.filter(pk=foreign.pk).update(currency="USD")
    codes = [services.code_of(card=card) for card in (blocked, over, spent, foreign, credit)]
    answers = {refused(code, at=AT + 2 * DAY) for code in codes}
    answers |= {refused(text) for text in ("", "x", "0" * 16, "é" * 16, "\x00" * 16, "A" * 9999)}
    assert answers == {("code_refused", "This code cannot be used.")}
    found = selectors.gift_card_by_code(codes[-1], at=AT, user_id=owner.pk)
    assert found.user_id == owner.pk
    assert refused(codes[-1], user_id=make_member().pk)


def test_cards_come_in_the_order_of_their_ids_and_only_those_that_pay():
    one, two, blocked = issue(), issue(), issue()
    services.block_gift_card(card_id=blocked.pk, actor="user:1", reason="lost", at=AT)
    found = selectors.gift_cards([blocked.pk, two.pk, one.pk, 10**12], at=AT)
    assert [card.id for card in found] == [one.pk, two.pk]


def test_a_sale_takes_keeps_and_returns_money_of_two_cards():
    one, two = issue("10.00"), issue("20.00")
    sale = reserve(spend_of(cards=[(two, "5.50"), (one, "10.00")]))
    assert (balance(one), balance(two)) == (0, Decimal("14.50"))
    step("release", sale)
    step("release", sale)
    assert (balance(one), balance(two)) == (10, 20)
    assert step("retake", sale) is True
    step("release", sale)
    assert (balance(one), balance(two)) == (0, Decimal("14.50"))
    step("give_back", sale)
    step("give_back", sale)
    assert (balance(one), balance(two)) == (10, 20)


def test_more_than_is_on_a_card_is_refused_and_nothing_is_kept():
    one, two = issue("10.00"), issue("20.00")
    with pytest.raises(Conflict) as error:
        reserve(spend_of(cards=[(one, "10.00"), (two, "20.01")]))
    assert (error.value.code, error.value.details) == ("gift_card_short", {"card_id": two.pk})
    assert (balance(one), balance(two)) == (10, 20)


def test_a_lapsed_sale_does_not_get_money_that_was_used_elsewhere_or_was_blocked():
    card = issue("10.00")
    sale = reserve(spend_of(cards=[(card, "10.00")]))
    step("release", sale)
    services.block_gift_card(card_id=card.pk, actor="user:1", reason="lost", at=AT)
    assert step("retake", sale) is False
    services.unblock_gift_card(card_id=card.pk, actor="user:1", reason="found", at=AT)
    reserve(spend_of(cards=[(card, "0.01")]))
    assert step("retake", sale) is False
    assert balance(card) == Decimal("9.99")


def test_an_edit_returns_money_and_cannot_take_more():
    card, other = issue("10.00"), issue("10.00")
    sale = reserve(spend_of(cards=[(card, "8.00")]))
    step("consume", sale)
    step("amend", sale, spend=spend_of(cards=[(card, "3.25")]))
    assert balance(card) == Decimal("6.75")
    for spend in (spend_of(cards=[(card, "3.26")]), spend_of(cards=[(other, "1.00")])):
        with pytest.raises(ValueError, match="an edit cannot"):
            step("amend", sale, spend=spend)
    step("amend", sale, spend=spend_of())
    step("give_back", sale)
    assert balance(card) == 10


def test_money_that_returns_to_a_card_that_ended_can_be_used_for_days_of_grace():
    card = issue("10.00", expires_at=AT + DAY)
    sale = reserve(spend_of(cards=[(card, "10.00")]))
    step("release", sale, at=AT + 2 * DAY)
    assert selectors.gift_cards([card.pk], at=AT + 31 * DAY)
    assert not selectors.gift_cards([card.pk], at=AT + 32 * DAY)


def test_store_credit_is_listed_for_its_owner_alone():
    owner = make_member()
    credit = issue(user_id=owner.pk)
    issue()
    assert [card.id for card in selectors.store_credit(owner.pk, at=AT)] == [credit.pk]
    assert selectors.store_credit(make_member().pk, at=AT) == []


def test_the_same_issue_twice_is_one_card_and_is_audited_once():
    one, again = issue(ref="form-1", note="prize"), issue(ref="form-1")
    assert (one.pk, services.code_of(card=one)) == (again.pk, services.code_of(card=again))
    entry = AuditEntry.objects.get(action="loyalty.issue_gift_card")
    assert (entry.changes, entry.reason) == ({"initial": [None, "50.00"]}, "prize")
    with pytest.raises(Conflict) as error:
        issue("49.00", ref="form-1")
    assert error.value.code == "ref_reused"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount": "0"}, "bad_amount"),
        ({"amount": "-1"}, "bad_amount"),
        ({"amount": "500.01"}, "bad_amount"),
        ({"amount": "1.001"}, "bad_amount"),
        ({"amount": "NaN"}, "bad_amount"),
        ({"amount": "Infinity"}, "bad_amount"),
        ({"recipient_email": "nobody"}, "bad_address"),
        ({"expires_at": AT}, "bad_expiry"),
    ],
)
def test_unbelievable_cards_are_refused(fields, code):
    with pytest.raises(Invalid) as error:
        issue(**fields)
    assert error.value.code == code
    assert not GiftCard.objects.exists()


def test_credit_for_nobody_is_refused():
    with pytest.raises(NotFound):
        issue(user_id=10**12)


def test_the_code_is_mailed_when_the_mail_is_sent(mailoutbox, drain_outbox):
    card = issue("25.00", recipient_email="eve@example.com", greeting="Happy birthday!")
    drain_outbox()
    message = Message.objects.get()
    assert "code" not in message.context
    (mail,) = mailoutbox
    assert mail.to == ["eve@example.com"]
    assert services.code_of(card=card) in mail.body
    assert mail.body.startswith("Happy birthday!")


def test_blocking_needs_a_reason_and_cannot_be_done_twice():
    card = issue()
    with pytest.raises(Invalid):
        services.block_gift_card(card_id=card.pk, actor="user:1", reason=" ", at=AT)
    services.block_gift_card(card_id=card.pk, actor="user:1", reason="lost", at=AT)
    with pytest.raises(Conflict):
        services.block_gift_card(card_id=card.pk, actor="user:1", reason="lost", at=AT)
    with pytest.raises(Conflict):
        reserve(spend_of(cards=[(card, "1.00")]))
    with pytest.raises(NotFound):
        services.block_gift_card(card_id=10**12, actor="user:1", reason="lost", at=AT)


def test_a_new_key_is_noticed_before_a_wrong_code_is_told(settings):
    card = issue()
    settings.FINGERPRINT_KEY = "another key of more than thirty-two characters"
    with pytest.raises(Conflict) as error:
        services.code_of(card=card)
    assert error.value.code == "code_lost"


def test_an_erased_address_leaves_the_card_to_its_code():
    card = issue(recipient_email="Eve@example.com", greeting="Dear Eve")
    assert services.forget_mailbox(email="eve@EXAMPLE.com") == 1
    card.refresh_from_db()
    assert (card.recipient_email, card.greeting) == ("", "")
    assert selectors.gift_card_by_code(services.code_of(card=card), at=AT + timedelta(1))


def test_letters_that_are_not_in_codes_are_no_code():
    assert read_code("U" * 16, length=16) == ""
    assert read_code("oooo-iiii-LLLL-0000", length=16) == "0000111111110000"


@pytest.mark.parametrize("name", ["consume", "release", "give_back"])
def test_a_sale_that_uses_nothing_asks_the_bank_once(name, django_assert_num_queries):
    more = {} if name == "consume" else {"reason": "cancelled"}
    with django_assert_num_queries(1):
        getattr(services, name)(reference="order:nothing", at=AT, **more)
