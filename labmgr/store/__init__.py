"""What labmgr remembers, and the files it reads: the only room that knows SQL and YAML."""
