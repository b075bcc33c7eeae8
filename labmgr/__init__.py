"""labmgr: exam laboratories of real containers, one for each candidate."""
