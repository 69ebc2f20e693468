"""Channels carries hints only; the board reads its events from the database."""

from bakery.settings.environment import env

CHANNELS_URL = env("CHANNELS_URL", default=env("REDIS_URL", default="redis://127.0.0.1:6379/0"))
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # redis-py 8 defaults to socket_timeout=5, which kills idle sockets
            # (django/channels_redis#422).
            "hosts": [{"address": CHANNELS_URL, "socket_timeout": None}],
            "prefix": env("CHANNELS_PREFIX", default="bakery:live"),
        },
    }
}
