"""Background removal: which model, where its file is, and how much of the machine it may take."""

from bakery.settings.environment import BASE_DIR, env

# The name of a model that rembg knows; its file is CUTOUT_MODEL_DIR/<name>.onnx. The file of any
# but the small default must be vouched for by its SHA-256: one that differs is never loaded.
CUTOUT_MODEL = env("CUTOUT_MODEL", default="u2netp")
CUTOUT_MODEL_DIR = env.path("CUTOUT_MODEL_DIR", default=str(BASE_DIR / "var" / "models"))()
CUTOUT_MODEL_SHA256 = env("CUTOUT_MODEL_SHA256", default="")
CUTOUT_THREADS = env.int("CUTOUT_THREADS", default=1)
# Whether each new picture is cut out by itself; staff may always ask for it.
CUTOUT_AUTOMATIC = env.bool("CUTOUT_AUTOMATIC", default=True)
