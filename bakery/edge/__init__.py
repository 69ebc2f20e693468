"""What the edges of two or more apps share: access rules, errors, limits, parsing, paging."""
