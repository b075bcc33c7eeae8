"""The exam day: all passages at once, waves, spares, papers, and the day on trial."""
