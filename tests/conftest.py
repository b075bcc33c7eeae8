"""For all tests: hypothesis never fails for slowness, which is the bench's business."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
