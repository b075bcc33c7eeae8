"""The command line: what technicians script, so it stays stable (DESIGN §15)."""
