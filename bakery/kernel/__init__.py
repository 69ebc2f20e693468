"""What two or more apps share and that has no business noun of its own."""
