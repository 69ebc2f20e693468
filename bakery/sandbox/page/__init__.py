"""The page on which one person plays every part of the demo."""
