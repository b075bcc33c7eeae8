"""This installation itself: who gets in, backup and restore."""
