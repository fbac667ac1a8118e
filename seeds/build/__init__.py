"""What the committed seeds are made by: sample partners, gazetteer, boundaries. No refresh runs any of it."""
