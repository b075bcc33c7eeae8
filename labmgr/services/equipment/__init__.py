"""Real equipment: asked, trusted, kept, set, and its part in a lab's life."""
