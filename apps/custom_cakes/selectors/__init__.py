"""Reads of custom cakes: what can be chosen, requests, and what staff decide from."""
