"""Lines to nodes: interactive shells by SSH. The one room that knows paramiko."""
