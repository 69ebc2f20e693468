"""What became of handing a message over."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from apps.notifications.rules import Verdict
from apps.notifications.states import MessageState
from bakery.kernel import breakers


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The provider has the message."""

    provider_sid: str
    state: MessageState
    error_code: str = ""


class DeliveryFailure(Exception):
    """It was not handed over, as far as we know.

    ``ambiguous``: the provider may have it although it did not say so. ``is_down``: it did not
    answer as one that works does. ``was_tried``: the provider was asked at all. ``retry_after``:
    the seconds after which it may be asked again, where that is known.
    """

    def __init__(
        self,
        code: str,
        verdict: Verdict,
        *,
        ambiguous: bool = False,
        is_down: bool = False,
        was_tried: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code[:60]
        self.verdict = verdict
        self.ambiguous = ambiguous
        self.is_down = is_down or ambiguous
        self.was_tried = was_tried
        self.retry_after = retry_after

    @property
    def may_retry(self) -> bool:
        """Whether another attempt could end differently."""
        return self.verdict in {Verdict.TRANSIENT, Verdict.SECOND_TRY}


@contextmanager
def guarded(provider: str, *, is_proof: bool = True) -> Iterator[None]:
    """Call a provider inside; fail at once, untried, while its breaker is open.

    ``is_proof``: whether an answer shows that the provider takes messages.
    """
    try:
        with breakers.guarded(provider, is_down=_means_down, is_proof=is_proof):
            yield
    except breakers.BreakerOpen as error:
        raise DeliveryFailure(
            "breaker_open", Verdict.TRANSIENT, was_tried=False, retry_after=error.retry_after
        ) from error


def _means_down(error: Exception) -> bool:
    return isinstance(error, DeliveryFailure) and error.is_down


def seconds_asked_for(headers: Mapping[str, str] | None) -> float | None:
    """Return how long a refused caller is asked to wait, None when it is not said in seconds."""
    asked = str((headers or {}).get("Retry-After", ""))
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None
