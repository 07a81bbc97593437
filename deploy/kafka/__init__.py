"""A real single-node Apache Kafka (KRaft) from Maven artefacts, for tests and development."""
