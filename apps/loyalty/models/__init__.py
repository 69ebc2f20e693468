"""Rows of the bank: promotions and their uses, points, gift cards."""
