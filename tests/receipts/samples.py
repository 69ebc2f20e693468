"""Documents that nobody ordered, made from facts alone: to draw, and to measure drawing."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from apps.receipts.models import Document
from apps.receipts.rules.content import Head, Shop, build_content
from apps.receipts.rules.sale import (
    Credit,
    Line,
    Payment,
    Person,
    Sale,
    Sums,
    Told,
    missing_of,
    read_levies,
)
from apps.receipts.states import DocumentKind

DAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SHOP = Shop(
    name="Sweet Rise Bakery",
    address=("12 Baker Street", "Toronto ON M5V 2T6"),
    phone="+1 416 555 0100",
    email="hello@bakery.example",
    country="CA",
    region="ON",
    numbers={"HST": "123456789RT0001"},
    policies={
        "en": "Tell us within two days when something was wrong. Cakes made for you are not taken "
        "back for other reasons.",
        "fr": "Dites-nous dans les deux jours si quelque chose n'allait pas.",
    },
)
QUEBEC = replace(
    SHOP,
    name="Pâtisserie Levée douce",
    address=("12, rue de la Boulangerie", "Montréal (Québec) H2X 1Y4"),
    region="QC",
    numbers={"GST": "123456789RT0001", "QST": "1234567890TQ0001"},
)
ADA = Person(name="Ada Byron", address=())
NOBODY = Person(name="", address=())


def line(position, text, quantity, price, *, discount="0.00", hst="0.00", taxes=None) -> Line:
    """Return a line of the order; ``hst`` is its tax of Ontario."""
    if taxes is None:
        taxes = [{"name": "HST", "rate": "0.13", "amount": hst}] if Decimal(hst) else []
    unit = Decimal(price)
    return Line(
        position=position,
        text=text,
        quantity=quantity,
        unit_price=unit,
        amount=unit * quantity,
        discount=Decimal(discount),
        levies=read_levies(taxes),
    )


def paid(number, way, amount, day=DAY) -> Payment:
    return Payment(id=number, way=way, amount=Decimal(amount), on=day)


def sale_of(*lines: Line, **changes) -> Sale:
    """Return a paid sale of ``lines``, whose sums follow from them."""
    levies: dict = {}
    for each in lines:
        for key, amount in each.levies.items():
            levies[key] = levies.get(key, Decimal(0)) + amount
    total = sum((each.net for each in lines), Decimal("0.00")) + sum(levies.values(), Decimal(0))
    facts = {
        "order_id": 1,
        "number": "B-261120-7Q2K",
        "currency": "CAD",
        "prices_include_tax": False,
        "is_sold": True,
        "is_over": False,
        "is_erased": False,
        "balance": Decimal("0.00"),
        "sold": Sums(total, levies),
        "gift_cards": Decimal("0.00"),
        "paid": total,
        "given_back": Decimal("0.00"),
        "deposit": Decimal("0.00"),
        "placed_on": DAY,
        "paid_on": DAY,
        "pickup_on": date(2026, 11, 28),
        "is_delivered": False,
        "language": "en",
        "buyer": ADA,
        "lines": lines,
        "reductions": (),
        "credits": (),
        "payments": (paid(1, "online", str(total)),),
    }
    return Sale(**{**facts, **changes})


def issue(sale: Sale, told: Told | None = None, *, shop: Shop = SHOP, number=1) -> Document:
    """Return the document that is missing of a sale, without a database."""
    told = told or Told()
    gap = missing_of(sale, told)
    is_credit = gap.total < 0
    said = Sums().plus(gap, times=-1) if is_credit else gap
    kind = DocumentKind.CREDIT_NOTE if is_credit else DocumentKind.RECEIPT
    head = Head(
        kind=kind,
        number=f"{'C' if is_credit else 'R'}-2026-{number:06d}",
        issued_on=DAY,
        corrects=("R-2026-000001", DAY) if told.count else None,
    )
    return Document(
        kind=kind,
        number=head.number,
        order_id=sale.order_id,
        position=told.count + 1,
        issued_at=AT,
        issued_on=DAY,
        currency=sale.currency,
        subtotal=said.subtotal,
        tax_total=said.tax,
        total=said.total,
        taxes=said.taxes_json(),
        content=build_content(head=head, shop=shop, sale=sale, told=told, gap=gap),
    )


def told_by(sale: Sale) -> Told:
    """Return what is known once the receipt of ``sale`` is issued."""
    return Told(
        count=1,
        sums=sale.sold,
        lines=sale.lines,
        payment_ids=frozenset(payment.id for payment in sale.payments),
    )


def _small() -> Document:
    return issue(
        sale_of(
            line(1, "Blueberry muffin", 2, "3.50", hst="0.91"),
            line(2, "Sourdough loaf, 800 g", 1, "8.50"),
            buyer=NOBODY,
            payments=(paid(1, "cash", "16.41"),),
        )
    )


def _large() -> Document:
    lines = (
        line(1, "Wedding cake, three tiers, lemon and elderflower", 1, "480.00", discount="58.00"),
        line(2, "Cupcakes, assorted, box of 12", 3, "42.00", discount="12.60"),
        line(3, "Cake stand, hired for the day", 1, "60.00", hst="7.80"),
        line(0, "", 1, "25.00", hst="0.52"),
    )
    return issue(
        sale_of(
            *lines,
            is_delivered=True,
            deposit=Decimal("200.00"),
            gift_cards=Decimal("50.00"),
            reductions=(
                {"kind": "promotion", "label": "Autumn weddings", "code": "", "amount": "48.00"},
                {"kind": "coupon", "label": "Welcome", "code": "HELLO10", "amount": "12.60"},
                {"kind": "points", "label": "1000 points", "code": "", "amount": "10.00"},
            ),
            payments=(
                paid(1, "online", "200.00", date(2026, 10, 2)),
                paid(2, "terminal", "378.72"),
            ),
            buyer=Person(
                name="Ἑλένη Παπαδοπούλου & Дмитро Ковальчук",
                address=("7 Elm Avenue <rear door>", "Toronto ON M4W 1N4"),
            ),
        )
    )


def _credit_note() -> Document:
    bought = sale_of(
        line(1, "Carrot cake, 8 inch", 1, "48.00"),
        line(2, "Blueberry muffin", 4, "3.50", hst="1.82"),
    )
    hst = {("HST", Decimal("0.13")): Decimal("0.91")}
    returned = Credit(
        id=1,
        sums=Sums(Decimal("7.91"), hst),
        reason="something was wrong with the goods",
        pieces=({"position": 2, "quantity": 2, "amount": "7.91", "tax": "0.91"},),
    )
    return issue(replace(bought, credits=(returned,)), told_by(bought))


def _french() -> Document:
    both = [
        {"name": "GST", "rate": "0.05", "amount": "3.00"},
        {"name": "QST", "rate": "0.09975", "amount": "5.99"},
    ]
    gst = [{"name": "GST", "rate": "0.05", "amount": "0.60"}]
    return issue(
        sale_of(
            line(1, "Gâteau aux carottes, 20 cm", 1, "48.00"),
            line(2, "Brioche à la crème", 3, "4.00", taxes=gst),
            line(3, "Atelier de décoration, l'après-midi", 1, "60.00", taxes=both),
            language="fr",
        ),
        shop=QUEBEC,
    )


def _long() -> Document:
    lines = [
        line(n, f"Number {n:02d}: petits fours, hand-made, a box of {n + 3}", n % 4 + 1, "12.25")
        for n in range(1, 41)
    ]
    return issue(sale_of(*lines))


SAMPLES = {
    "small": _small,
    "large": _large,
    "credit_note": _credit_note,
    "french": _french,
    "long": _long,
}


def sample(name: str) -> Document:
    """Return a document by its name in SAMPLES."""
    return SAMPLES[name]()
