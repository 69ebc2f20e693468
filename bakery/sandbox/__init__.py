"""Local counterparts of the outside services, for development, the demo and the tests.

Nothing in the platform imports this package; the platform reaches it over the network only,
as it would reach the real services.
"""
