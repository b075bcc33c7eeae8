"""Marks the texts that people read, for translation; French is what the exam speaks."""

from gettext import gettext as _

__all__ = ["_"]
