"""Verbs: what people and bells may ask for; they think with the domain, act through ports."""
