"""How it comes in: one module a provider, each turning the provider's format into events."""
