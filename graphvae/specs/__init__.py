"""What a run can be told: settings, presets and parts by name. Light: no torch."""
