"""Texts through Twilio's SDK, or through what TWILIO_API_BASE names instead of Twilio."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from apps.notifications.adapters.outcome import (
    DeliveryFailure,
    Receipt,
    guarded,
    seconds_asked_for,
)
from apps.notifications.rules import Verdict, judge, state_of
from apps.notifications.states import MessageState
from bakery.kernel.links import public_url

TWILIO = "twilio"
CALLBACK_PATH = "/webhooks/twilio/status/"
_TWILIO = "https://api.twilio.com"
_CLOCK_SKEW = timedelta(minutes=2)
_LOOK_BACK = 50
_TOO_MANY = "20429"


class _Transport(TwilioHttpClient):
    """Twilio's client, with a timeout and with its host replaced when settings say so."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send one request."""
        if settings.TWILIO_API_BASE and url.startswith(_TWILIO):
            url = settings.TWILIO_API_BASE.rstrip("/") + url.removeprefix(_TWILIO)
        answer = super().request(method, url, *args, **kwargs)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            # The SDK's exception keeps no headers.
            raise DeliveryFailure(
                _TOO_MANY, Verdict.TRANSIENT, retry_after=seconds_asked_for(answer.headers)
            )
        return answer


@lru_cache(maxsize=4)
def _client_of(account: str, token: str, timeout: float) -> Client:
    return Client(account, token, http_client=_Transport(timeout=timeout, max_retries=0))


def twilio_client() -> Client:
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_FROM):
        raise DeliveryFailure("not_configured", Verdict.OPERATIONS)
    return _client_of(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        float(settings.TWILIO_TIMEOUT_SECONDS),
    )


@contextmanager
def twilio_failures(*, is_proof: bool = True) -> Iterator[None]:
    """Call Twilio inside, unless it is being left alone; say what failed as `DeliveryFailure`."""
    with guarded(TWILIO, is_proof=is_proof), _translated():
        yield


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the SDK raises into what it means for the message."""
    try:
        yield
    except TwilioRestException as error:
        code = str(error.code or error.status)
        # After a 5xx the provider may well have done it; after a 429 it has not.
        raise DeliveryFailure(
            code, judge(status=error.status, code=code), ambiguous=error.status >= 500
        ) from error
    except requests.exceptions.ConnectTimeout as error:
        raise DeliveryFailure("connect_timeout", Verdict.TRANSIENT, is_down=True) from error
    except requests.exceptions.ConnectionError as error:
        # Nobody took the connection: then nobody took the message either.
        unsent = isinstance(getattr(error.args[0], "reason", None), NewConnectionError)
        code = "no_connection" if unsent else "no_answer"
        raise DeliveryFailure(
            code, Verdict.TRANSIENT, ambiguous=not unsent, is_down=True
        ) from error
    except requests.exceptions.RequestException as error:
        raise DeliveryFailure("no_answer", Verdict.TRANSIENT, ambiguous=True) from error
    except TwilioException as error:
        # Raised for a body that is not the JSON it should be: a proxy's page, half an answer.
        raise DeliveryFailure("unreadable_answer", Verdict.TRANSIENT, ambiguous=True) from error


def callback_url(reference: UUID) -> str:
    """Return where Twilio reports on the message; built from settings, as its check must be."""
    return public_url(f"{CALLBACK_PATH}?message={reference}")


def send(*, to: str, body: str, reference: UUID) -> Receipt:
    """Hand one text over. Raises `DeliveryFailure`. Twilio has no idempotency keys: see `find`."""
    with twilio_failures():
        sent = twilio_client().messages.create(
            to=to,
            from_=settings.TWILIO_FROM,
            body=body,
            status_callback=callback_url(reference),
        )
    return _receipt(sent)


def find(*, to: str, body: str, since: datetime | None) -> list[Receipt]:
    """Return the texts with this recipient and body that Twilio has since ``since``, oldest first.

    For attempts that ended without an answer. Raises `DeliveryFailure`.
    """
    earliest = (since or datetime.min.replace(tzinfo=UTC)) - (_CLOCK_SKEW if since else timedelta())
    with twilio_failures(is_proof=False):
        listed = twilio_client().messages.list(to=to, limit=_LOOK_BACK)
    found = [
        sent
        for sent in listed
        if sent.body == body and (sent.date_created is None or sent.date_created >= earliest)
    ]
    return [_receipt(sent) for sent in reversed(found)]


def _receipt(sent: Any) -> Receipt:
    return Receipt(
        provider_sid=sent.sid,
        state=state_of(str(sent.status)) or MessageState.SENDING,
        error_code=str(sent.error_code or ""),
    )


def is_genuine(*, path: str, parameters: dict[str, Any], signature: str) -> bool:
    """Tell whether Twilio signed a callback to ``path`` (with its query) on our public address.

    While the account's token is replaced, the ones in TWILIO_AUTH_TOKENS_OLD count as well.
    """
    tokens = [settings.TWILIO_AUTH_TOKEN, *settings.TWILIO_AUTH_TOKENS_OLD]
    url = public_url(path)
    return bool(signature) and any(
        RequestValidator(token).validate(url, parameters, signature) for token in tokens if token
    )
