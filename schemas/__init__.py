"""What flows: the Avro schemas, their typed records, the wire codec and the schema history."""
