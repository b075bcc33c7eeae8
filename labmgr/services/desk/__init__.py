"""What the candidate has in hand: accesses, save points, terminals."""
