"""What people write for labmgr: templates, recipes, recettes and the inventory, and its faults."""
