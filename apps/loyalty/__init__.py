"""Promotions, coupons, points, referrals and gift cards: a bank that knows references only."""
