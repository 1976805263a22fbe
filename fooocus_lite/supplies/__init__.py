"""Front: what is here to cook with (presets, styles, models), and how it comes here."""
