"""The JSON API of carts and orders, for customers and for staff."""
