"""Printed documents, in French."""
