"""The one process that carries out: bells and access orders first, the rest on a bounded pool."""
