"""Real equipment: places, devices, and what other pages say of them."""
