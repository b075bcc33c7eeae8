"""Verbs: what people and bells may ask for. They think with the domain and act through its ports."""
