"""The sandbox's own clock, which can be moved forward."""

import time


class SandboxClock:
    """Real time plus an offset in seconds. Only ever moved forward."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def now(self) -> float:
        """Unix time in seconds, with the offset."""
        return time.time() + self.offset

    def unix(self) -> int:
        """Unix time in whole seconds, with the offset."""
        return int(self.now())

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`; a negative step is refused with ValueError."""
        if seconds < 0:
            msg = "The clock only moves forward."
            raise ValueError(msg)
        self.offset += seconds
