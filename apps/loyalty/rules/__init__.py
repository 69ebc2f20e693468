"""Pure rules: discounts of promotions, lots of points, codes."""
