"""Signatures and authenticators."""
