"""Models of prices."""

from bakery.settings.environment import env

# Whether a version that learned from simulated decisions may be in use; never in production.
PRICING_TRUST_SIMULATED = env.bool("PRICING_TRUST_SIMULATED", default=False)
