"""Where recorded events come from: an archive, or topics of a cluster, in the order a worker merges them."""
