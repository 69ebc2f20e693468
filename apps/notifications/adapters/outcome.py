"""What became of handing a message over."""

from dataclasses import dataclass

from apps.notifications.rules import Verdict
from apps.notifications.states import MessageState


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The provider has the message."""

    provider_sid: str
    state: MessageState
    error_code: str = ""


class DeliveryFailure(Exception):
    """It was not handed over, as far as we know.

    ``ambiguous``: the provider may have it although it did not say so.
    """

    def __init__(self, code: str, verdict: Verdict, *, ambiguous: bool = False) -> None:
        super().__init__(code)
        self.code = code[:60]
        self.verdict = verdict
        self.ambiguous = ambiguous

    @property
    def may_retry(self) -> bool:
        """Whether another attempt could end differently."""
        return self.verdict in {Verdict.TRANSIENT, Verdict.SECOND_TRY}
