"""Looks at a lab's services with their ordinary clients."""
