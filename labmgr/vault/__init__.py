"""Everything cryptographic, in one room."""
