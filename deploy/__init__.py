"""How the project is run: images, charts, monitoring, and a real Kafka for tests and development."""
