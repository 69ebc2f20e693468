"""Mails that accounts ask for carry links whose tokens are stored nowhere."""

import re

import pytest
from django.db import transaction

from apps.accounts.events import (
    MailboxVerificationRequested,
    PasswordChanged,
    PasswordResetRequested,
    RefreshTokenReused,
    RegistrationRepeated,
)
from apps.notifications.models import Message
from bakery.kernel import outbox
from bakery.kernel.models import OutboxMessage
from tests.accounts.people import customer

pytestmark = pytest.mark.django_db


def ask(event, at, key="1"):
    with transaction.atomic():
        outbox.emit(event, key=key, at=at)


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (MailboxVerificationRequested, "/account/verify/"),
        (PasswordResetRequested, "/account/reset/"),
    ],
)
def test_a_link_with_a_token_is_mailed_and_not_stored(
    sandbox, drain_outbox, at, client, event, path
):
    user = customer()
    ask(event(user_id=user.pk), at)
    drain_outbox()
    [mail] = sandbox.mail.mails()
    assert mail["recipients"] == [user.email]
    link = re.search(r"https?://\S+token=(\S+)", mail["text"])
    assert path in link[0]
    assert link[0] in mail["html"].replace("&amp;", "&")
    token = link[1]
    stored = str(list(Message.objects.values())) + str(list(OutboxMessage.objects.values()))
    assert token not in stored
    page = client.get(link[0].partition("//")[2].partition("/")[2].join(["/", ""]))
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (PasswordChanged, "Your password was changed"),
        (RefreshTokenReused, "We signed you out as a precaution"),
        (RegistrationRepeated, "You already have an account"),
    ],
)
def test_owners_are_warned(sandbox, drain_outbox, at, event, subject):
    user = customer()
    ask(event(user_id=user.pk), at)
    drain_outbox()
    [mail] = sandbox.mail.mails()
    assert (mail["subject"], mail["recipients"]) == (subject, [user.email])


def test_asking_twice_is_two_mails_and_a_redelivery_is_none(sandbox, drain_outbox, at):
    user = customer()
    ask(PasswordResetRequested(user_id=user.pk), at, key="1")
    ask(PasswordResetRequested(user_id=user.pk), at, key="2")
    drain_outbox()
    assert len(sandbox.mail.mails()) == 2
    OutboxMessage.objects.filter(kind="notifications.message_queued").update(done_at=None)
    drain_outbox()
    assert len(sandbox.mail.mails()) == 2


def test_an_account_that_is_gone_gets_no_mail(sandbox, drain_outbox, at):
    user = customer()
    user.is_active = False
    user.save()
    ask(PasswordChanged(user_id=user.pk), at)
    ask(PasswordChanged(user_id=user.pk + 1000), at, key="2")
    drain_outbox()
    assert sandbox.mail.mails() == []
