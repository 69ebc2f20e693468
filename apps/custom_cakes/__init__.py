"""Cakes made to a customer's wishes: asked for, priced, approved by a person, then ordered."""
