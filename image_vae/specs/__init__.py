"""What a run can be told: settings, recipes and parts by name. Light: no torch."""
