"""Form: facts of races, the book that learns from finished ones, and the features that models read."""
