"""One passage: who is there, its phases and clock, the hour, its incidents, its record."""
