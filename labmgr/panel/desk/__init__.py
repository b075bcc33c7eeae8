"""Terminals in the browser: what goes over their line, and staff who look on."""
