"""One module a revision, in the order that they name."""
