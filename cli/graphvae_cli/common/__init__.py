"""Options and conduct that all commands share."""
