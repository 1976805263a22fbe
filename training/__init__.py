"""Draws the starter model's data and trains it. The program itself never imports this package."""
