"""What labmgr remembers: one database, its tables and their steps, a book for each kind of row."""
