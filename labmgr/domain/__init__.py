"""Nouns of the exam: they know nothing but errors and the standard library."""
