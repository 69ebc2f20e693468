"""Events: facts that a lower room states and that higher rooms may act on."""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

_KINDS: dict[str, type["Event"]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events: frozen, with JSON-able fields, ids rather than personal data.

    Subclasses set ``kind``, the stable name under which they are stored.
    """

    kind: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.kind:
            raise TypeError(f"{cls.__name__} has no kind")
        known = _KINDS.get(cls.kind, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"two events share the kind {cls.kind!r}")
        _KINDS[cls.kind] = cls

    def payload(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        return asdict(self)

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """Rebuild the event; fields that a newer version added keep their defaults."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in payload.items() if name in known})


def event_class(kind: str) -> type[Event]:
    """Return the class of a stored kind; raise KeyError for one that no code knows any more."""
    return _KINDS[kind]
