"""The pages behind the links of reminders."""
