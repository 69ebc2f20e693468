"""What is written about a cake: drafted, checked against data, edited and published by people."""
