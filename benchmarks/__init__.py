"""Programs that print figures: `make bench`. Not part of the test run; nothing here asserts time."""
