"""Programs that print figures: `make bench`. Not part of the test run; none asserts a time."""
