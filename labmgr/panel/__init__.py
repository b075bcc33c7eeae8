"""The panel for staff and the portal for candidates: server-rendered pages in French."""
