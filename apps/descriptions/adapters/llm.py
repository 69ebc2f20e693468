"""Texts from a language model through LangChain, whichever provider settings name.

LangChain is imported on the first call alone: it takes two seconds and 100 MB, which neither the
web nor the other workers need to spend.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from apps.descriptions.rules.prompting import SCHEMA, Prompt
from bakery.kernel.breakers import BreakerOpen, guarded

BREAKER = "llm"
# A worker's lease is 30 seconds: all calls for one draft end well before.
BUDGET_SECONDS = 24.0
_FENCE = re.compile(r"^\s*```(?:json)?\s*|\s*```\s*$")
_PACKAGE = re.compile(r"\b(langchain[-_]\w+)\b")
_BAD_REQUEST, _TOO_MANY, _SERVER_ERROR = 400, 429, 500
_LONGEST_ANSWER = 20_000


class CannotWrite(Exception):
    """No text came of it; ``code`` is stable, the message is for staff and holds no secret."""

    def __init__(self, code: str, message: str, *, is_down: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_down = is_down


class Budget:
    """How many seconds are left for all calls together."""

    def __init__(self, seconds: float = BUDGET_SECONDS) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._until - time.monotonic()


def is_configured() -> bool:
    """Whether settings name a model at all."""
    return bool(settings.LLM_MODEL)


def write(prompt: Prompt, *, budget: Budget) -> dict[str, Any]:
    """Return what the model answered, as the object that `SCHEMA` describes; nothing is checked.

    Raises `CannotWrite`: it is left alone, did not answer, refused, or answered something else.
    """
    timeout = min(float(settings.LLM_TIMEOUT_SECONDS), budget.left)
    if timeout <= 1:
        raise CannotWrite("out_of_time", "The language model took too long.")
    # The library tries again after 429, 5xx and lost connections, if there is time for it.
    retries = 1 if budget.left > 2 * timeout + 1 else 0
    with _translated(), guarded(BREAKER, is_down=_is_down), _untraced():
        return _answer(_model(timeout=timeout, retries=retries), prompt)


def _model(*, timeout: float, retries: int) -> Any:
    """Return LangChain's model; `CannotWrite` names the package that is missing."""
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {
        "timeout": timeout,
        "max_retries": retries,
        "max_tokens": settings.LLM_MAX_TOKENS,
    }
    if settings.LLM_API_KEY:
        options["api_key"] = settings.LLM_API_KEY
    if settings.LLM_BASE_URL:
        options["base_url"] = settings.LLM_BASE_URL
    try:
        return init_chat_model(settings.LLM_MODEL, **options)
    except ImportError as error:
        package = _PACKAGE.search(str(error).replace("_", "-"))
        name = package[1] if package else "of its provider"
        raise CannotWrite(
            "package_missing", f"LLM_MODEL needs the package {name}, which is not installed."
        ) from None
    except Exception:  # noqa: BLE001 - each provider's own; its words may hold the key
        raise CannotWrite(
            "not_configured", "LLM_MODEL names no model that can be set up with these settings."
        ) from None


def _answer(model: Any, prompt: Prompt) -> dict[str, Any]:
    """Ask for an object of the schema; of a provider that knows no schemas, for plain JSON."""
    messages = [("system", prompt.system), ("human", prompt.user)]
    try:
        structured = model.with_structured_output(SCHEMA, method="json_schema", include_raw=True)
        found = structured.invoke(messages)
    except (NotImplementedError, TypeError, ValueError):
        return _parsed(model.invoke(messages))
    except Exception as error:
        if _status(error) != _BAD_REQUEST:
            raise
        return _parsed(model.invoke(messages))
    if isinstance(found.get("parsed"), Mapping):
        return dict(found["parsed"])
    return _parsed(found.get("raw"))


def _parsed(message: Any) -> dict[str, Any]:
    """Return the object that a message's text is, and nothing but it."""
    content = getattr(message, "content", "")
    text = content if isinstance(content, str) else "".join(map(_text_of, content or ()))
    try:
        found = json.loads(_FENCE.sub("", text[:_LONGEST_ANSWER]))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CannotWrite("unreadable", "The language model answered something else than texts.")
    return found


def _text_of(part: Any) -> str:
    return part if isinstance(part, str) else str(part.get("text", ""))


@contextmanager
def _untraced() -> Iterator[None]:
    """Keep LangChain from telling its maker of calls, whatever the environment says."""
    from langsmith import tracing_context

    with tracing_context(enabled=False):
        yield


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what breakers and providers raise into words that hold no key and no address."""
    try:
        yield
    except CannotWrite:
        raise
    except BreakerOpen:
        raise CannotWrite(
            "left_alone", "The language model failed several times and is left alone for a while."
        ) from None
    except Exception as error:  # noqa: BLE001 - each provider raises its own
        raise _meaning(error) from None


def _meaning(error: Exception) -> CannotWrite:
    status = _status(error)
    if status == _TOO_MANY:
        return CannotWrite("too_many", "The language model takes no more questions for now.")
    if status is not None and status < _SERVER_ERROR:
        return CannotWrite("refused", f"The language model refused the question ({status}).")
    if status is not None:
        return CannotWrite("broken", f"The language model failed ({status}).", is_down=True)
    if _is_silent(error):
        return CannotWrite("no_answer", "The language model did not answer.", is_down=True)
    return CannotWrite("unreadable", "The language model's answer could not be read.")


def _is_down(error: Exception) -> bool:
    if isinstance(error, CannotWrite):
        return error.is_down
    status = _status(error)
    return _is_silent(error) if status is None else status >= _SERVER_ERROR


def _is_silent(error: Exception) -> bool:
    """Tell time-outs and lost connections by name: every provider's client has its own classes."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return any("Timeout" in name or "Connect" in name for name in names)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    found = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    return int(found) if isinstance(found, int) else None
