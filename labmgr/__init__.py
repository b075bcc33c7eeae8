"""labmgr: exam laboratories of real containers, one for each candidate."""

__version__ = "0.1.0"  # as in pyproject.toml
