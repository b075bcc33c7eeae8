"""What a candidate sees: own accesses, nothing of anyone else's, with or without JavaScript."""
