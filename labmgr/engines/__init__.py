"""Drivers of container engines: Docker for real, a fake that keeps the same promises."""
