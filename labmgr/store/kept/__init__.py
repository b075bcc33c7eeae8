"""What is too large for rows: recordings of terminals, configurations of devices."""
