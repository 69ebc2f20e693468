"""What mails and texts look like, with sample data that each app registers beside its templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.notifications import rules
from apps.notifications.adapters import mail
from apps.notifications.adapters.outcome import DeliveryFailure
from apps.notifications.adapters.rendering import render, write_text
from apps.notifications.events import TestMailAsked
from bakery.kernel import outbox, wording
from bakery.kernel.errors import Invalid, NotFound, Unavailable

SampleContext = Mapping[str, Any] | Callable[[str], Mapping[str, Any]]
_DARK = "@media (prefers-color-scheme: dark)"


@dataclass(frozen=True)
class Sample:
    """A template with data to show it with; ``name`` tells two samples of one template apart."""

    template: str
    name: str
    context: SampleContext

    @property
    def room(self) -> str:
        """The app that writes it."""
        return self.template.partition("/")[0]

    @property
    def is_text(self) -> bool:
        """Tell whether it is a text message and no mail."""
        return "/sms/" in self.template

    def data(self, language: str) -> dict[str, Any]:
        """Return what the template needs, with values as ``language`` writes them."""
        context = self.context
        return dict(context(language) if callable(context) else context)


@dataclass(frozen=True)
class Preview:
    """A sample as it would go out; ``segments`` is what a text is billed as, 0 for mails."""

    subject: str
    text: str
    html: str
    segments: int = 0


_samples: dict[tuple[str, str], Sample] = {}


def add_sample(*, template: str, context: SampleContext, name: str = "") -> None:
    """Register data to show ``template`` with: of each app its own, at start-up.

    ``context`` is what the template gets, or a function of the language that returns it.
    """
    _samples[template, name] = Sample(template, name, context)


def samples() -> list[Sample]:
    """Return every sample, by room and name."""
    return [_samples[key] for key in sorted(_samples)]


def preview_sample(*, template: str, name: str = "", language: str = wording.DEFAULT) -> Preview:
    """Return a sample as it would go out. Raises `NotFound` ``template_not_found``."""
    sample = _find(template, name)
    data = sample.data(language)
    if sample.is_text:
        text = write_text(template, data, language)
        return Preview("", text, "", rules.count_segments(text))
    return Preview(*render(template, data, language))


def preview_mail(
    *, template: str, context: Mapping[str, Any], language: str = wording.DEFAULT
) -> Preview:
    """Return a mail as it would go out with this data, for those who decide whether it shall."""
    return Preview(*render(template, dict(context), language))


def as_seen(*, html: str, dark: bool) -> str:
    """Return ``html`` as a screen of that kind shows it, whatever the reader's own screen is."""
    return html.replace(_DARK, "@media all" if dark else "@media not all")


def ask_test_mail(
    *, template: str, name: str, language: str, user_id: int, key: UUID, at: datetime
) -> None:
    """Have a sample mailed to the account's own mailbox, once for ``key``.

    Raises `NotFound` ``template_not_found`` and `Invalid` ``not_a_mail``.
    """
    if _find(template, name).is_text:
        raise Invalid("not_a_mail", "Only mails can be tried out.")
    event = TestMailAsked(
        template=template,
        name=name,
        language=wording.language_of(language),
        user_id=user_id,
        key=str(key),
    )
    with transaction.atomic():
        outbox.emit(event, key=str(key), at=at)


def send_test_mail(*, template: str, name: str, language: str, user_id: int, key: UUID) -> None:
    """Mail a sample to the account that asked for it; to nobody when either is gone.

    Talks SMTP: never call it inside a transaction. Raises `Unavailable` when it may be tried again.
    """
    user, sample = accounts.user(user_id), _samples.get((template, name))
    if user is None or not user.is_active or sample is None:
        return
    try:
        mail.send(
            template=template,
            to=user.email,
            context=sample.data(language),
            reference=key,
            language=language,
        )
    except DeliveryFailure as failure:
        raise Unavailable("delivery_failed", f"Not sent yet: {failure.code}.") from failure


def _find(template: str, name: str) -> Sample:
    sample = _samples.get((template, name))
    if sample is None:
        raise NotFound("template_not_found", "There is no such template.")
    return sample
