"""The one way into a lab: names for its nodes, a jump host and a web front, each on order."""
