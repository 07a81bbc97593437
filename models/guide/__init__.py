"""Form as a form guide prints it: the past lines of each horse and a model that reads them."""
