"""labmgr itself: who comes in, accounts, the first page, its journal."""
