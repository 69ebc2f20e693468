"""The words on receipts, in the languages of accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from babel import localedata
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from bakery.kernel import money, wording

_ENGLISH = {
    "receipt": "Receipt",
    "credit_note": "Credit note",
    "number": "Number",
    "date": "Date",
    "order": "Order",
    "ordered": "Ordered",
    "paid_on": "Paid",
    "pickup": "Pickup",
    "delivery_day": "Delivery",
    "seller": "From",
    "buyer": "For",
    "corrects": "Corrects receipt {number} of {date}",
    "adds": "What a change of the order added to receipt {number} of {date}",
    "item": "Item",
    "quantity": "Quantity",
    "price": "Price",
    "discount": "Discount",
    "tax": "Tax",
    "amount": "Amount",
    "goods": "Goods",
    "promotion": "Promotion",
    "coupon": "Coupon",
    "points": "Points",
    "delivery": "Delivery",
    "subtotal": "Subtotal",
    "total": "Total",
    "total_credit": "Total credited",
    "included_tax": "of which {name}",
    "no_tax": "Tax",
    "none": "none",
    "zero_rated": "zero-rated",
    "not_taxed": "not taxed",
    "tax_codes": "Tax codes",
    "payments": "Payments",
    "online": "Paid online",
    "cash": "Cash",
    "terminal": "Card at the counter",
    "gift_card": "Gift card",
    "given_back": "Given back after a change",
    "deposit": "deposit",
    "balance": "balance",
    "paid_in_full": "Paid in full on {date}. Nothing is left to pay.",
    "prices_with_tax": "Prices include tax.",
    "refund_policy": "Refunds",
    "registration": "{levy} registration {number}",
    "credited": "Credit",
    "reason": "Reason",
    "reason_goods": "something was wrong with the goods",
    "reason_goodwill": "goodwill",
    "reason_order_cancelled": "the order was cancelled",
    "reason_order_edited": "the order was changed",
    "page": "Page",
}
_FRENCH = {
    "receipt": "Reçu",
    "credit_note": "Note de crédit",
    "number": "Numéro",
    "date": "Date",
    "order": "Commande",
    "ordered": "Commandé le",
    "paid_on": "Payé le",
    "pickup": "Cueillette",
    "delivery_day": "Livraison",
    "seller": "De",
    "buyer": "Pour",
    "corrects": "Corrige le reçu {number} du {date}",
    "adds": "Ce qu'une modification de la commande a ajouté au reçu {number} du {date}",
    "item": "Article",
    "quantity": "Quantité",
    "price": "Prix",
    "discount": "Rabais",
    "tax": "Taxe",
    "amount": "Montant",
    "goods": "Marchandises",
    "promotion": "Promotion",
    "coupon": "Coupon",
    "points": "Points",
    "delivery": "Livraison",
    "subtotal": "Sous-total",
    "total": "Total",
    "total_credit": "Total crédité",
    "included_tax": "dont {name}",
    "no_tax": "Taxe",
    "none": "aucune",
    "zero_rated": "détaxé",
    "not_taxed": "non taxé",
    "tax_codes": "Codes de taxe",
    "payments": "Paiements",
    "online": "Payé en ligne",
    "cash": "Comptant",
    "terminal": "Carte au comptoir",
    "gift_card": "Carte-cadeau",
    "given_back": "Rendu après une modification",
    "deposit": "acompte",
    "balance": "solde",
    "paid_in_full": "Payé en entier le {date}. Rien ne reste à payer.",
    "prices_with_tax": "Les prix comprennent les taxes.",
    "refund_policy": "Remboursements",
    "registration": "Numéro de {levy} : {number}",
    "credited": "Crédit",
    "reason": "Raison",
    "reason_goods": "quelque chose n'allait pas avec les articles",
    "reason_goodwill": "geste commercial",
    "reason_order_cancelled": "la commande a été annulée",
    "reason_order_edited": "la commande a été modifiée",
    "page": "Page",
}
_TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH, "fr": _FRENCH})


@dataclass(frozen=True)
class Words:
    """The words of a language; an unknown one is English."""

    language: str
    country: str = "CA"

    @property
    def table(self) -> Mapping[str, str]:
        """All words, by their names."""
        return _TABLES.get(self.language, _ENGLISH)

    @property
    def locale(self) -> str:
        """How numbers and dates are written, such as ``fr_CA``."""
        language = self.language if self.language in _TABLES else "en"
        named = f"{language}_{self.country.upper()}"
        return named if localedata.exists(named) else language

    def say(self, name: str, /, **values: str) -> str:
        """Return a word or sentence with ``values`` put in; values are never read as patterns."""
        text = self.table[name]
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", value)
        return text

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount with its currency."""
        return money.display(amount, currency, locale=self.locale)

    def figure(self, amount: Decimal) -> str:
        """Return an amount without its currency, for columns."""
        return format_decimal(amount, format="#,##0.00", locale=self.locale)

    def day(self, day: date) -> str:
        """Return a date in words."""
        return format_date(day, "long", locale=self.locale)

    def rate(self, rate: Decimal) -> str:
        """Return a rate, a fraction, in percent."""
        sign = "\u00a0%" if self.language == "fr" else "%"
        return format_percent(rate, format=f"#,##0.###{sign}", locale=self.locale)

    def levy(self, name: str) -> str:
        """Return what a levy is called."""
        return wording.levy_name(name, self.language)
