"""A till that plays its part in the demo and in tests, on a network as bad as one likes."""
