"""Hints over the channel layer that the board has something new.

A hint carries nothing that matters: the boards read their events from the database, and look
there every few seconds anyway. So a hint that is lost costs seconds and no order.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)
GROUP = "board"
_SEND_TIMEOUT_S = 2.0
_RETRY_S = 1.0
# The layer forgets members after a day; a member that stays says so again every hour.
_REJOIN_S = 3600.0


def announce(seq: int) -> bool:
    """Tell every live process that events up to ``seq`` exist; return False when it failed."""
    try:
        async_to_sync(_announce)(seq)
    except Exception as error:  # noqa: BLE001 - whatever the broker does, the boards poll
        logger.warning("board hint lost", extra={"error": type(error).__name__})
        return False
    return True


async def _announce(seq: int) -> None:
    async with asyncio.timeout(_SEND_TIMEOUT_S):
        await get_channel_layer().group_send(GROUP, {"type": "board.changed", "seq": seq})


async def hints() -> AsyncIterator[None]:
    """Yield at every hint, and at every return of the broker, since hints may have been missed."""
    while True:
        try:
            layer = get_channel_layer()
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            rejoin_at = asyncio.get_running_loop().time() + _REJOIN_S
            while True:
                yield
                async with asyncio.timeout_at(rejoin_at):
                    await layer.receive(channel)
        except TimeoutError:
            continue
        except Exception as error:  # noqa: BLE001 - the broker is down: try again, boards poll
            logger.warning("board hints interrupted", extra={"error": type(error).__name__})
            await asyncio.sleep(_RETRY_S)
