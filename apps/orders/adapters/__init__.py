"""The outside world of orders: the channel that wakes the kitchen's boards."""
