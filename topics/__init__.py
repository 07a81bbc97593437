"""Where it flows: the catalogue of topics, producers and consumers, the embedded broker."""
