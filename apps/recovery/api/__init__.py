"""The API: contacts and links of customers, rules and outcomes of staff."""
