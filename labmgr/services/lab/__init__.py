"""A lab on the engine: planned, built, proven, opened, kept, put back, put away."""
